"""Overlay: Pulumi components of what runs on the cluster, one per capability."""
