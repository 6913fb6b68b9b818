module foreground.internal/accelerators

go 1.26.0

require (
	github.com/fsnotify/fsnotify v1.10.1
	google.golang.org/grpc v1.82.1
	k8s.io/kubelet v0.36.4
)
