"""What runs on the cluster: one component per capability."""
