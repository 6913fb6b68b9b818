"""Configuration of JupyterHub as Python modules: settings, login, sessions and their homes."""
