package main

import (
	"fmt"
	"log"
	"os/exec"
)

// masquerade replaces the source address of this node's pods by the node's, for destinations outside the range of
// all pods, which have no route to a pod. Between pods the addresses stay, because NetworkPolicies use them.
func masquerade(podCIDR, allPods string) error {
	rule := []string{"POSTROUTING", "--source", podCIDR, "!", "--destination", allPods, "--jump", "MASQUERADE"}
	if iptables("--check", rule) == nil {
		return nil
	}
	if err := iptables("--append", rule); err != nil {
		return err
	}
	log.Printf("pods of %s send as this node to addresses outside of %s", podCIDR, allPods)
	return nil
}

func iptables(what string, rule []string) error {
	arguments := append([]string{"--wait", "--table", "nat", what}, rule...)
	if output, err := exec.Command("iptables", arguments...).CombinedOutput(); err != nil {
		return fmt.Errorf("iptables %v: %w: %s", arguments, err, output)
	}
	return nil
}
