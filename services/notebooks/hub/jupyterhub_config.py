"""JupyterHub's configuration file: applies the settings that the pod mounts at /etc/jupyterhub."""
# ruff: noqa: INP001 - JupyterHub executes this file, nothing imports it

from __future__ import annotations

from typing import Any

# the image has this package at the top level
from hubconfig.configuration import configure  # type: ignore[import-not-found]
from hubconfig.settings import read  # type: ignore[import-not-found]

c: Any = get_config()  # type: ignore[name-defined]  # noqa: F821 - JupyterHub defines it
configure(c, read())
