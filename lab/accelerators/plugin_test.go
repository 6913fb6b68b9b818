package main

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	api "k8s.io/kubelet/pkg/apis/deviceplugin/v1beta1"
)

const patience = 20 * time.Second

// kubelet is the part of a kubelet that device plugins use: a socket in a folder.
type kubelet struct {
	api.UnimplementedRegistrationServer
	folder     string
	registered chan *api.RegisterRequest
	server     *grpc.Server
}

func (k *kubelet) Register(_ context.Context, request *api.RegisterRequest) (*api.Empty, error) {
	k.registered <- request
	return &api.Empty{}, nil
}

// start listens as a starting kubelet does, which first empties the folder.
func (k *kubelet) start(t *testing.T) {
	t.Helper()
	entries, _ := os.ReadDir(k.folder)
	for _, entry := range entries {
		os.Remove(filepath.Join(k.folder, entry.Name()))
	}
	listener, err := net.Listen("unix", filepath.Join(k.folder, "kubelet.sock"))
	if err != nil {
		t.Fatal(err)
	}
	k.server = grpc.NewServer()
	api.RegisterRegistrationServer(k.server, k)
	go k.server.Serve(listener)
}

func (k *kubelet) plugin(t *testing.T) api.DevicePluginClient {
	t.Helper()
	select {
	case request := <-k.registered:
		if request.ResourceName != "example.org/card" || request.Version != api.Version {
			t.Fatalf("registered %v", request)
		}
		address := "unix://" + filepath.Join(k.folder, request.Endpoint)
		connection, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { connection.Close() })
		return api.NewDevicePluginClient(connection)
	case <-time.After(patience):
		t.Fatal("no registration")
		return nil
	}
}

func put(t *testing.T, folder, name string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(folder, name), nil, 0o600); err != nil {
		t.Fatal(err)
	}
}

func told(t *testing.T, stream api.DevicePlugin_ListAndWatchClient) (healthy, unhealthy []string) {
	t.Helper()
	response, err := stream.Recv()
	if err != nil {
		t.Fatal(err)
	}
	for _, device := range response.Devices {
		if device.Health == api.Healthy {
			healthy = append(healthy, device.ID)
		} else {
			unhealthy = append(unhealthy, device.ID)
		}
	}
	return healthy, unhealthy
}

func TestTheKubeletLearnsOfCardsAndAgainAfterItsRestart(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	devices := t.TempDir()
	k := &kubelet{folder: t.TempDir(), registered: make(chan *api.RegisterRequest, 9)}
	for _, name := range []string{"nvidia1", "nvidia0", "nvidiactl", "nvidia-uvm", "sda"} {
		put(t, devices, name)
	}
	k.start(t)
	cards, err := watchCards(ctx, devices)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for ctx.Err() == nil {
			_ = serve(ctx, cards, k.folder, "example.org/card")
		}
	}()

	plugin := k.plugin(t)
	stream, err := plugin.ListAndWatch(ctx, &api.Empty{})
	if err != nil {
		t.Fatal(err)
	}
	if healthy, _ := told(t, stream); !slices.Equal(healthy, []string{"nvidia0", "nvidia1"}) {
		t.Fatalf("told %v", healthy)
	}
	given, err := plugin.Allocate(ctx, &api.AllocateRequest{ContainerRequests: []*api.ContainerAllocateRequest{
		{DevicesIds: []string{"nvidia1"}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	container := given.ContainerResponses[0]
	var files []string
	for _, device := range container.Devices {
		files = append(files, device.HostPath)
	}
	if !slices.Equal(files, []string{"/dev/nvidia1", "/dev/nvidiactl"}) || container.Envs[visible] != "1" {
		t.Fatalf("given %v %v", files, container.Envs)
	}

	os.Remove(filepath.Join(devices, "nvidia0"))
	if healthy, unhealthy := told(t, stream); !slices.Equal(healthy, []string{"nvidia1"}) || !slices.Equal(unhealthy, []string{"nvidia0"}) {
		t.Fatalf("told %v %v", healthy, unhealthy)
	}

	k.server.Stop()
	k.start(t)
	k.plugin(t)
}
