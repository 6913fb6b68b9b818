package main

import (
	"encoding/json"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/vishvananda/netlink"
)

type object = map[string]any

// configure writes the CNI configuration in one step, unless the file has that content.
func configure(file, podCIDR, nodeAddress string) error {
	mtu, err := linkMTU(nodeAddress)
	if err != nil {
		return err
	}
	wanted, err := configuration(podCIDR, mtu)
	if err != nil {
		return err
	}
	if there, err := os.ReadFile(file); err == nil && string(there) == string(wanted) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(file+".new", wanted, 0o644); err != nil {
		return err
	}
	log.Printf("pods of this node get addresses of %s, MTU %d", podCIDR, mtu)
	return os.Rename(file+".new", file)
}

// configuration is a CNI configuration: a bridge, addresses of this node's range, and host ports.
func configuration(podCIDR string, mtu int) ([]byte, error) {
	addresses := object{
		"type":   "host-local",
		"ranges": [][]object{{{"subnet": podCIDR}}},
		"routes": []object{{"dst": "0.0.0.0/0"}},
	}
	bridge := object{
		"type": "bridge", "bridge": "cni0", "isGateway": true, "hairpinMode": true, "mtu": mtu, "ipam": addresses,
	}
	ports := object{"type": "portmap", "capabilities": object{"portMappings": true}}
	return json.MarshalIndent(object{
		"cniVersion": "1.0.0", "name": "podnet", "plugins": []object{bridge, ports},
	}, "", "  ")
}

// linkMTU is the MTU of the link with this address: pods must not send larger packets than the machine's own
// network takes (1450 for Neutron's VXLAN on a network of 1500).
func linkMTU(address string) (int, error) {
	links, err := netlink.LinkList()
	if err != nil {
		return 0, err
	}
	for _, link := range links {
		addresses, err := netlink.AddrList(link, netlink.FAMILY_V4)
		if err != nil {
			return 0, err
		}
		for _, one := range addresses {
			if one.IP.String() == address {
				return link.Attrs().MTU, nil
			}
		}
	}
	return 0, fmt.Errorf("no link of this node has its address %q", address)
}
