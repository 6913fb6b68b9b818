// Command podnet is a pod network for nodes on one link.
//
// It writes this node's CNI configuration from the node's podCIDR, and keeps a route to every other node's:
// no overlay, no packet is larger than it was. Address pairs on the cloud's ports must allow the ranges.
package main

import (
	"context"
	"flag"
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
)

const (
	resync = 10 * time.Minute // also mends a route that somebody else removed
	again  = 5 * time.Second  // after an error
)

func main() {
	kubeconfig := flag.String("kubeconfig", "", "kubeconfig; in-cluster when empty")
	self := flag.String("node", os.Getenv("NODE_NAME"), "this node's name")
	pods := flag.String("pods", "", "range of all pods: outside of it they speak as their node; empty leaves that out")
	file := flag.String("cni-conf", "/etc/cni/net.d/10-podnet.conflist", "CNI configuration to write")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *kubeconfig, settings{*self, *file, *pods}); err != nil {
		log.Fatal(err)
	}
}

// settings is what a node's podnet is told.
type settings struct{ self, file, pods string }

// run follows the cluster's nodes until it is told to end. Routes and configuration stay: pods go on.
func run(ctx context.Context, kubeconfig string, told settings) error {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	factory := informers.NewSharedInformerFactory(client, resync)
	nodes := factory.Core().V1().Nodes()
	changed := make(chan struct{}, 1)
	tell := func() {
		select {
		case changed <- struct{}{}:
		default: // it is told already
		}
	}
	_, err = nodes.Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(any) { tell() },
		UpdateFunc: func(any, any) { tell() },
		DeleteFunc: func(any) { tell() },
	})
	if err != nil {
		return err
	}
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-changed:
			all, err := nodes.Lister().List(labels.Everything())
			if err == nil {
				err = follow(all, told)
			}
			if err != nil {
				log.Print(err)
				time.AfterFunc(again, tell)
			}
		}
	}
}

// follow makes this node's configuration and routes what the nodes say.
func follow(nodes []*corev1.Node, told settings) error {
	for _, node := range nodes {
		if node.Name != told.self || node.Spec.PodCIDR == "" {
			continue
		}
		if err := configure(told.file, node.Spec.PodCIDR, address(node)); err != nil {
			return err
		}
		if told.pods != "" {
			if err := masquerade(node.Spec.PodCIDR, told.pods); err != nil {
				return err
			}
		}
	}
	return route(nodes, told.self)
}

// address is where other nodes reach this one.
func address(node *corev1.Node) string {
	for _, one := range node.Status.Addresses {
		if one.Type == corev1.NodeInternalIP {
			return one.Address
		}
	}
	return ""
}
