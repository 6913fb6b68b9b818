"""Capability notebooks: JupyterHub, its proxy, and the namespace and image of its sessions."""
