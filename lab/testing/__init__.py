"""Test support of the lab: clients of its cloud and cluster, snapshots of the host."""
