"""Capability ingress: the public URL of the site, and its host names inside the cluster."""
