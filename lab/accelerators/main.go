// Command accelerators is the lab's device plugin: it reports each file /dev/nvidiaN of a
// machine to the kubelet as an NVIDIA card, and gives a container the files of its cards.
// There is no hardware behind the files; kubelet, scheduler and pods do not need any.
package main

import (
	"context"
	"flag"
	"log"
	"os/signal"
	"syscall"
	"time"

	api "k8s.io/kubelet/pkg/apis/deviceplugin/v1beta1"
)

const retry = time.Second

func main() {
	devices := flag.String("devices", "/dev", "where the machine's device files are seen")
	folder := flag.String("folder", api.DevicePluginPath, "the kubelet's folder for device plugins")
	resource := flag.String("resource", "nvidia.com/gpu", "what a pod asks for")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()

	cards, err := watchCards(ctx, *devices)
	if err != nil {
		log.Fatalf("%s cannot be watched: %v", *devices, err)
	}
	for ctx.Err() == nil {
		// It comes back whenever the kubelet starts anew and has forgotten us.
		if err := serve(ctx, cards, *folder, *resource); err != nil {
			log.Printf("%v; again in %v", err, retry)
			select {
			case <-ctx.Done():
			case <-time.After(retry):
			}
		}
	}
}
