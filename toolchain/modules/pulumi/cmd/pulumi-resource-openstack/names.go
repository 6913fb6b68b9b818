package main

import (
	_ "embed"
	"regexp"
	"slices"
	"strings"

	shim "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim"
)

// sdkTokens are all type and function tokens of the SDK, one a line: openstack:compute/instance:Instance.
//
//go:embed tokens.txt
var sdkTokens string

// modules are upstream's prefixes that the SDK spells out.
var modules = map[string]string{"db": "database", "fw": "firewall", "lb": "loadbalancer"}

var apiVersion = regexp.MustCompile(`_v\d+$`)

// flat is what two spellings of one name have in common: floatingip_associate and FloatingIpAssociate.
func flat(name string) string { return strings.ToLower(strings.ReplaceAll(name, "_", "")) }

// sdkNames are the SDK's tokens by module and flat name, types and functions apart.
func sdkNames() (types, functions map[string]string) {
	types, functions = map[string]string{}, map[string]string{}
	for token := range strings.FieldsSeq(sdkTokens) {
		parts := strings.Split(token, ":")
		module, _, _ := strings.Cut(parts[1], "/")
		if function, ok := strings.CutPrefix(parts[2], "get"); ok {
			functions[module+"/"+flat(function)] = token
		} else {
			types[module+"/"+flat(parts[2])] = token
		}
	}
	return types, functions
}

// candidates are the SDK's names that upstream's name can have, the likeliest first:
// openstack_lb_pool_v2 can be PoolV2 or LbPoolV2, without V2 as well, in loadbalancer or in no module.
func candidates(name string) []string {
	var inModule, inNone []string
	for _, spelling := range []string{name, apiVersion.ReplaceAllString(name, "")} {
		rest := strings.TrimPrefix(spelling, "openstack_")
		module, tail, _ := strings.Cut(rest, "_")
		if spelt, ok := modules[module]; ok {
			module = spelt
		}
		inModule = append(inModule, module+"/"+flat(tail), module+"/"+flat(rest))
		inNone = append(inNone, "index/"+flat(tail), "index/"+flat(rest))
	}
	return append(inModule, inNone...)
}

// matched gives each of upstream's names its token, and lists those that have none.
// Where upstream has a resource for two versions of an API, the newer one is the SDK's.
func matched(upstream shim.ResourceMap, tokens map[string]string) (found map[string]string, left []string) {
	var names []string
	upstream.Range(func(name string, _ shim.Resource) bool {
		names = append(names, name)
		return true
	})
	slices.Sort(names)
	slices.Reverse(names)
	found, taken := map[string]string{}, map[string]bool{}
	for _, name := range names {
		for _, candidate := range candidates(name) {
			if token, ok := tokens[candidate]; ok && !taken[token] {
				found[name], taken[token] = token, true
				break
			}
		}
		if found[name] == "" {
			left = append(left, name)
		}
	}
	return found, left
}
