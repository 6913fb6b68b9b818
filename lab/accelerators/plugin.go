package main

import (
	"context"
	"fmt"
	"log"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	api "k8s.io/kubelet/pkg/apis/deviceplugin/v1beta1"
)

const (
	socket       = "foreground-accelerators.sock"
	answer       = 5 * time.Second
	visible      = "NVIDIA_VISIBLE_DEVICES"
	controlFile  = "nvidiactl"
	machineFiles = "/dev"
)

// plugin is the server of the device plugin API.
type plugin struct {
	api.UnimplementedDevicePluginServer
	cards *cards
}

func (p *plugin) GetDevicePluginOptions(context.Context, *api.Empty) (*api.DevicePluginOptions, error) {
	return &api.DevicePluginOptions{}, nil
}

// ListAndWatch sends all cards at each change; a card without its file is unhealthy.
func (p *plugin) ListAndWatch(_ *api.Empty, stream api.DevicePlugin_ListAndWatchServer) error {
	for {
		names, present, changed := p.cards.state()
		told := &api.ListAndWatchResponse{}
		for _, name := range names {
			health := api.Unhealthy
			if present[name] {
				health = api.Healthy
			}
			told.Devices = append(told.Devices, &api.Device{ID: name, Health: health})
		}
		if err := stream.Send(told); err != nil {
			return err
		}
		select {
		case <-changed:
		case <-stream.Context().Done():
			return nil
		}
	}
}

// Allocate gives each container the files of its cards only.
func (p *plugin) Allocate(_ context.Context, request *api.AllocateRequest) (*api.AllocateResponse, error) {
	_, present, _ := p.cards.state()
	response := &api.AllocateResponse{}
	for _, container := range request.ContainerRequests {
		given := &api.ContainerAllocateResponse{}
		var numbers []string
		for _, name := range container.DevicesIds {
			if !present[name] {
				return nil, fmt.Errorf("this machine has no %s/%s", machineFiles, name)
			}
			numbers = append(numbers, strings.TrimPrefix(name, "nvidia"))
			given.Devices = append(given.Devices, file(name))
		}
		if _, err := os.Stat(filepath.Join(p.cards.folder, controlFile)); err == nil {
			given.Devices = append(given.Devices, file(controlFile))
		}
		given.Envs = map[string]string{visible: strings.Join(numbers, ",")}
		response.ContainerResponses = append(response.ContainerResponses, given)
	}
	return response, nil
}

func file(name string) *api.DeviceSpec {
	path := filepath.Join(machineFiles, name)
	return &api.DeviceSpec{HostPath: path, ContainerPath: path, Permissions: "rw"}
}

// serve serves the kubelet until the kubelet restarts, which creates its socket again.
func serve(ctx context.Context, cards *cards, folder, resource string) error {
	ours, kubelets := filepath.Join(folder, socket), filepath.Join(folder, "kubelet.sock")
	if err := os.Remove(ours); err != nil && !os.IsNotExist(err) {
		return err
	}
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		return err
	}
	defer watcher.Close()
	if err := watcher.Add(folder); err != nil {
		return fmt.Errorf("%s: %w", folder, err)
	}
	listener, err := net.Listen("unix", ours)
	if err != nil {
		return err
	}
	server := grpc.NewServer()
	api.RegisterDevicePluginServer(server, &plugin{cards: cards})
	go server.Serve(listener)
	defer server.Stop()
	if err := register(ctx, kubelets, resource); err != nil {
		return fmt.Errorf("the kubelet takes no registration: %w", err)
	}
	names, _, _ := cards.state()
	log.Printf("%s: %s", resource, strings.Join(names, " "))
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-watcher.Errors:
			return fmt.Errorf("%s: %w", folder, err)
		case event := <-watcher.Events:
			gone := event.Name == ours && event.Has(fsnotify.Remove)
			if gone || (event.Name == kubelets && event.Has(fsnotify.Create)) {
				return nil
			}
		}
	}
}

func register(ctx context.Context, kubelets, resource string) error {
	insecurely := grpc.WithTransportCredentials(insecure.NewCredentials())
	connection, err := grpc.NewClient("unix://"+kubelets, insecurely)
	if err != nil {
		return err
	}
	defer connection.Close()
	ctx, cancel := context.WithTimeout(ctx, answer)
	defer cancel()
	_, err = api.NewRegistrationClient(connection).Register(ctx, &api.RegisterRequest{
		Version:      api.Version,
		Endpoint:     socket,
		ResourceName: resource,
	})
	return err
}
