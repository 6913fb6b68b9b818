"""Capability notebooks: JupyterHub and what people's sessions run in."""
