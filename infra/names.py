"""Every rule for names: what machines, and their things in cloud and cluster, are called."""

from __future__ import annotations

import re
from typing import Final

__all__ = [
    "ACCELERATOR",
    "BATCH",
    "GROUP",
    "LABELS",
    "LONGEST",
    "PRIORITY",
    "QUEUED",
    "checked",
    "in_cloud",
    "machine",
]

LABELS: Final = "foreground.internal"
"""Domain of our labels and annotations. `.internal` is reserved for private use."""

ACCELERATOR: Final = f"{LABELS}/accelerator"
"""Label of a node: its accelerators' model, as accelerators.yaml names it.

Of a session and of a placeholder: the model that it asks for.
"""

GROUP: Final = f"{LABELS}/group"
"""Label of a node: its group in the site file."""

BATCH: Final = f"{LABELS}/batch"
"""Label of a namespace: people's batch, which the rules of batch hold for."""

QUEUED: Final = f"{LABELS}/queued"
"""Label of a namespace: Kueue manages what is in it; batch and headroom, never sessions."""

PRIORITY: Final = f"{LABELS}/priority"
"""Label of a namespace: the one guarded priority class that pods in it may have."""

LONGEST: Final = 40
"""Characters of a group's name: with a number it still is a host name (63) and a label (63)."""


_FORM: Final = re.compile(r"[a-z]([a-z0-9-]*[a-z0-9])?")


def checked(name: str) -> str:
    """Return a name that can be a group's, and so part of host names.

    Raises:
        ValueError: It cannot.
    """
    if not _FORM.fullmatch(name):
        raise ValueError(
            "a name has lower-case letters, digits and dashes, and begins with a letter"
        )
    return name


def machine(group: str, number: int) -> str:
    """Name a machine: server, host, node and Pulumi resources alike. Identity is this name."""
    return f"{group}-{number}"


def in_cloud(site: str, thing: str = "") -> str:
    """Name something that belongs to the whole site; a project may hold several sites."""
    return f"foreground-{site}-{thing}" if thing else f"foreground-{site}"
