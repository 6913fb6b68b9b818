// Command pulumi-resource-openstack is Pulumi's plugin for OpenStack.
//
// Pulumi's own provider module is not served by every module registry. This one bridges the same upstream
// Terraform provider with the same bridge, under the names that Pulumi's SDK for Python uses.
package main

import (
	"fmt"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	shim "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v2"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/terraform-provider-openstack/terraform-provider-openstack/v3/openstack"
)

// version is the SDK's, set by the linker: the engine looks for a plugin of exactly the SDK's version.
var version string

func main() {
	// Pulumi never asks a running plugin for more of its schema than this; the SDK was made from the whole.
	schema := fmt.Sprintf(`{"name":"openstack","version":%q}`, version)
	tfbridge.Main("openstack", version, provider(), []byte(schema))
}

// provider says which of upstream's resources and data sources is which of the SDK's types and functions.
// What the SDK has no name for is left out.
func provider() tfbridge.ProviderInfo {
	bridged := tfbridge.ProviderInfo{
		P:              shim.NewProvider(openstack.Provider()),
		Name:           "openstack",
		Version:        version,
		ResourcePrefix: "openstack",
		Config:         map[string]*tfbridge.SchemaInfo{},
		Resources:      map[string]*tfbridge.ResourceInfo{},
		DataSources:    map[string]*tfbridge.DataSourceInfo{},
	}
	types, functions := sdkNames()
	resources, left := matched(bridged.P.ResourcesMap(), types)
	for name, token := range resources {
		bridged.Resources[name] = &tfbridge.ResourceInfo{Tok: tokens.Type(token)}
	}
	sources, unmatched := matched(bridged.P.DataSourcesMap(), functions)
	for name, token := range sources {
		bridged.DataSources[name] = &tfbridge.DataSourceInfo{Tok: tokens.ModuleMember(token)}
	}
	bridged.IgnoreMappings = append(left, unmatched...)
	return bridged
}
