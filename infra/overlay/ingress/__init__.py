"""Ingress: the site's one public URL, and its DNS names inside the cluster."""
