"""Label selectors that identify the pods of people's sessions."""

from __future__ import annotations

from typing import Final

from infra import names

__all__ = ["SELECTORS"]

SELECTORS: Final = (names.SESSION, "component=singleuser-server")
"""A pod that matches any of them is a session: our label, or the one that KubeSpawner sets."""
