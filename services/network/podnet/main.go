// Command podnet is a pod network for nodes on one link.
//
// It writes this node's CNI configuration from the node's podCIDR, and a route to the podCIDR of every other node.
// There is no overlay network, so packets do not grow. Address pairs on the cloud's ports must allow the ranges.
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
	resync = 10 * time.Minute // also restores a route that another program removed
	again  = 5 * time.Second  // after an error
)

func main() {
	kubeconfig := flag.String("kubeconfig", "", "kubeconfig; in-cluster when empty")
	self := flag.String("node", os.Getenv("NODE_NAME"), "this node's name")
	pods := flag.String("pods", "", "range of all pods; to addresses outside of it pods send as their node; empty: no masquerading")
	file := flag.String("cni-conf", "/etc/cni/net.d/10-podnet.conflist", "CNI configuration to write")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *kubeconfig, settings{*self, *file, *pods}); err != nil {
		log.Fatal(err)
	}
}

// settings are the command line's values.
type settings struct{ self, file, pods string }

// run follows the cluster's nodes until the context ends. Routes and configuration stay, so pods keep their network.
func run(ctx context.Context, kubeconfig string, options settings) error {
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
	notify := func() {
		select {
		case changed <- struct{}{}:
		default: // it is notified already
		}
	}
	_, err = nodes.Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(any) { notify() },
		UpdateFunc: func(any, any) { notify() },
		DeleteFunc: func(any) { notify() },
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
				err = follow(all, options)
			}
			if err != nil {
				log.Print(err)
				time.AfterFunc(again, notify)
			}
		}
	}
}

// follow sets this node's configuration and routes by the list of nodes.
func follow(nodes []*corev1.Node, options settings) error {
	for _, node := range nodes {
		if node.Name != options.self || node.Spec.PodCIDR == "" {
			continue
		}
		if err := configure(options.file, node.Spec.PodCIDR, address(node)); err != nil {
			return err
		}
		if options.pods != "" {
			if err := masquerade(node.Spec.PodCIDR, options.pods); err != nil {
				return err
			}
		}
	}
	return route(nodes, options.self)
}

// address is the node's internal IP address.
func address(node *corev1.Node) string {
	for _, one := range node.Status.Addresses {
		if one.Type == corev1.NodeInternalIP {
			return one.Address
		}
	}
	return ""
}
