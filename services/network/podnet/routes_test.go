package main

import (
	"encoding/json"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

func TestAddressIsTheInternalOne(t *testing.T) {
	node := &corev1.Node{Status: corev1.NodeStatus{Addresses: []corev1.NodeAddress{
		{Type: corev1.NodeHostName, Address: "w0"},
		{Type: corev1.NodeInternalIP, Address: "10.24.0.5"},
	}}}
	if found := address(node); found != "10.24.0.5" {
		t.Fatal(found)
	}
}

func TestConfigurationHoldsRangeAndMTU(t *testing.T) {
	said, err := configuration("10.32.1.0/24", 1450)
	if err != nil {
		t.Fatal(err)
	}
	var read struct {
		Plugins []struct {
			Type string
			MTU  int
			IPAM struct{ Ranges [][]struct{ Subnet string } }
		}
	}
	if err := json.Unmarshal(said, &read); err != nil {
		t.Fatal(err)
	}
	bridge := read.Plugins[0]
	if bridge.Type != "bridge" || bridge.MTU != 1450 || bridge.IPAM.Ranges[0][0].Subnet != "10.32.1.0/24" {
		t.Fatal(string(said))
	}
}
