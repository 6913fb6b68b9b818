module foreground.internal/kube-router

go 1.26.0

require github.com/cloudnativelabs/kube-router/v2 v2.6.3

// The fork that k3s ships; it still names itself cloudnativelabs, whose own module the registry refuses.
replace github.com/cloudnativelabs/kube-router/v2 => github.com/k3s-io/kube-router/v2 v2.6.3-k3s1
