"""Notebooks: JupyterHub, and the namespace of people's sessions."""
