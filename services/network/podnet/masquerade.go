package main

import (
	"fmt"
	"log"
	"os/exec"
)

// masquerade lets the pods of this node speak to what is outside of all pods: nobody there knows a way back to a
// pod, so they speak as the node. Among themselves they keep their addresses, which network policies go by.
func masquerade(podCIDR, allPods string) error {
	rule := []string{"POSTROUTING", "--source", podCIDR, "!", "--destination", allPods, "--jump", "MASQUERADE"}
	if iptables("--check", rule) == nil {
		return nil
	}
	if err := iptables("--append", rule); err != nil {
		return err
	}
	log.Printf("pods of %s speak as this node outside of %s", podCIDR, allPods)
	return nil
}

func iptables(what string, rule []string) error {
	arguments := append([]string{"--wait", "--table", "nat", what}, rule...)
	if said, err := exec.Command("iptables", arguments...).CombinedOutput(); err != nil {
		return fmt.Errorf("iptables %v: %w: %s", arguments, err, said)
	}
	return nil
}
