package main

import (
	"errors"
	"fmt"
	"log"
	"net"

	"github.com/vishvananda/netlink"
	corev1 "k8s.io/api/core/v1"
)

// ours is the protocol number of podnet's routes, by which it finds and removes those of nodes that have left.
const ours = netlink.RouteProtocol(0x70)

// route adds and removes podnet's routes by the list of nodes.
func route(nodes []*corev1.Node, self string) error {
	wanted := map[string]net.IP{}
	for _, node := range nodes {
		gateway := net.ParseIP(address(node))
		if node.Name != self && gateway != nil && node.Spec.PodCIDR != "" {
			wanted[node.Spec.PodCIDR] = gateway
		}
	}
	there, err := netlink.RouteListFiltered(netlink.FAMILY_V4, &netlink.Route{Protocol: ours}, netlink.RT_FILTER_PROTOCOL)
	if err != nil {
		return err
	}
	var failed []error
	for _, one := range there {
		gateway, ok := wanted[one.Dst.String()]
		if ok && gateway.Equal(one.Gw) {
			delete(wanted, one.Dst.String())
		} else if !ok {
			log.Printf("no node has %s any more", one.Dst)
			failed = append(failed, netlink.RouteDel(&one))
		}
	}
	for podCIDR, gateway := range wanted {
		failed = append(failed, add(podCIDR, gateway))
	}
	return errors.Join(failed...)
}

func add(podCIDR string, gateway net.IP) error {
	_, destination, err := net.ParseCIDR(podCIDR)
	if err != nil {
		return err
	}
	log.Printf("%s is at %s", podCIDR, gateway)
	if err := netlink.RouteReplace(&netlink.Route{Dst: destination, Gw: gateway, Protocol: ours}); err != nil {
		return fmt.Errorf("route to %s by %s: %w", podCIDR, gateway, err)
	}
	return nil
}
