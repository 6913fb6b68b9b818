"""Names of the product: labels, priority classes, user ids, machines and cloud resources."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

__all__ = [
    "ACCELERATOR",
    "API_PORT",
    "BATCH",
    "BATCH_CLASS",
    "GROUP",
    "GUARDED_CLASSES",
    "HEADROOM_CLASS",
    "HUB_UID",
    "INGRESS_UID",
    "INTERACTIVE_CLASS",
    "KEEPER_UID",
    "LABELS",
    "LONGEST",
    "MONITORING",
    "PERSON_UID",
    "PLATFORM_CLASS",
    "PRIORITY",
    "PRIORITY_CLASSES",
    "PROXY_UID",
    "QUEUED",
    "SESSION",
    "PriorityClass",
    "checked",
    "in_cloud",
    "machine",
]

LABELS: Final = "foreground.internal"
"""Domain of our labels and annotations. `.internal` is reserved for private use."""

ACCELERATOR: Final = f"{LABELS}/accelerator"
"""Label of a node: the model of its accelerators, as accelerators.yaml names it.

On the pod of a session or a placeholder it is the model that the pod requests.
"""

GROUP: Final = f"{LABELS}/group"
"""Label of a node: its group in the site file."""

BATCH: Final = f"{LABELS}/batch"
"""Label of a namespace of people's batch jobs: the admission policies for batch apply to it."""

QUEUED: Final = f"{LABELS}/queued"
"""Label of a namespace that Kueue manages: batch and headroom, never sessions."""

PRIORITY: Final = f"{LABELS}/priority"
"""Label of a namespace: the one guarded priority class that its pods may have."""

MONITORING: Final = f"{LABELS}/monitoring"
"""Label of a namespace whose pods may read the port `metrics` of every workload."""

SESSION: Final = f"{LABELS}/session"
"""Label of the pod of a person's session."""

PLATFORM_CLASS: Final = "platform"
"""Priority class of the services that sessions need; nothing evicts their pods."""

INTERACTIVE_CLASS: Final = "interactive"
"""Priority class of people's sessions."""

BATCH_CLASS: Final = "batch"
"""Priority class of batch jobs; they evict nothing."""

HEADROOM_CLASS: Final = "headroom"
"""Priority class of placeholders; they are evicted first and evict nothing."""


class PriorityClass(NamedTuple):
    """A priority class of Kubernetes. A pod without a class has the priority 0."""

    name: str
    value: int
    preemption: str
    description: str


PRIORITY_CLASSES: Final = (
    PriorityClass(
        PLATFORM_CLASS,
        1_000_000,
        "PreemptLowerPriority",
        "What carries sessions; nothing evicts it",
    ),
    PriorityClass(INTERACTIVE_CLASS, 100_000, "PreemptLowerPriority", "People's sessions"),
    PriorityClass(BATCH_CLASS, -1000, "Never", "What people leave; evicts nothing"),
    PriorityClass(HEADROOM_CLASS, -2000, "Never", "Placeholders, the first to give way"),
)
"""All priority classes, the highest first."""

GUARDED_CLASSES: Final = tuple(one.name for one in PRIORITY_CLASSES if one.name != BATCH_CLASS)
"""Priority classes that only pods in namespaces with the label PRIORITY may have."""

PERSON_UID: Final = 1000
"""User and group of every session; the homes belong to it, on the NFS server too."""

HUB_UID: Final = 10001
PROXY_UID: Final = 10002
INGRESS_UID: Final = 10003
KEEPER_UID: Final = 10003
"""User of the headroom keeper; no file is shared with the ingress, which has the same."""

API_PORT: Final = 6443
"""TCP port of the Kubernetes API on control machines."""

LONGEST: Final = 40
"""Characters of a group's name at most: with a number it is a valid host name and label."""


_FORM: Final = re.compile(r"[a-z]([a-z0-9-]*[a-z0-9])?")


def checked(name: str) -> str:
    """Return a name that is valid for a group of machines, and so as part of a host name.

    Raises:
        ValueError: The name is not valid.
    """
    if not _FORM.fullmatch(name):
        raise ValueError(
            "a name has lower-case letters, digits and dashes, and begins with a letter"
        )
    return name


def machine(group: str, number: int) -> str:
    """Return the name of a machine: of its server, host, node and Pulumi resources alike."""
    return f"{group}-{number}"


def in_cloud(site: str, thing: str = "") -> str:
    """Return the name in OpenStack of a resource of a site; a project may hold several sites."""
    return f"foreground-{site}-{thing}" if thing else f"foreground-{site}"
