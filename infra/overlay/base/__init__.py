"""What every capability's component builds on: target cluster, workloads, access, policies."""
