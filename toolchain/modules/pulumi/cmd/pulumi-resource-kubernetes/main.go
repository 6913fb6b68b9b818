// Command pulumi-resource-kubernetes is Pulumi's plugin for Kubernetes: upstream's provider with upstream's schema.
package main

import (
	_ "embed"

	"github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/provider"
	"github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/version"
)

// schema is 7 MB of the provider's own module; the toolchain lays it beside this file for the build.
//
//go:embed schema.json
var schema []byte

func main() {
	// The mapping of Terraform's names serves only those who convert programs.
	provider.Serve("kubernetes", version.Version, schema, []byte("{}"))
}
