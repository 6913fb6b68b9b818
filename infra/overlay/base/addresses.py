"""Addresses in the cluster: namespaces, app labels, ports and URLs that several capabilities use.

A capability never imports another one: what it must know to reach another one is here.
"""

from __future__ import annotations

from typing import Final

__all__ = [
    "BATCH_QUEUE",
    "HOMES_APP",
    "HOMES_CLAIM",
    "HOMES_PORT",
    "HOMES_URL",
    "HUB_APP",
    "HUB_PORT",
    "HUB_URL",
    "INGRESS",
    "INGRESS_APP",
    "INGRESS_PORT",
    "PLATFORM",
    "PROXY_API_PORT",
    "PROXY_API_URL",
    "PROXY_APP",
    "PROXY_PORT",
    "PROXY_URL",
    "SESSIONS",
    "SESSION_PORT",
]

PLATFORM: Final = "platform"
"""Namespace of the services that sessions need: the hub, its proxy, the homes service."""

SESSIONS: Final = "sessions"
"""Namespace of people's sessions; no selector of Kueue ever matches it."""

HUB_APP: Final = "hub"
HUB_PORT: Final = 8081
HUB_URL: Final = f"http://{HUB_APP}.{PLATFORM}:{HUB_PORT}"

PROXY_APP: Final = "proxy"
PROXY_PORT: Final = 8000
PROXY_URL: Final = f"http://{PROXY_APP}.{PLATFORM}:{PROXY_PORT}"

PROXY_API_PORT: Final = 8001
PROXY_API_URL: Final = f"http://{PROXY_APP}.{PLATFORM}:{PROXY_API_PORT}"

SESSION_PORT: Final = 8888
"""Port of the notebook server in the pod of a session."""

INGRESS: Final = "ingress"
"""Namespace of Traefik."""

INGRESS_APP: Final = "traefik"
INGRESS_PORT: Final = 8443
"""Port of Traefik in its pod."""

BATCH_QUEUE: Final = "batch"
"""The ClusterQueue of all accelerators, the namespace of batch jobs, and its LocalQueue."""

HOMES_APP: Final = "homes"
HOMES_CLAIM: Final = "homes"
"""PersistentVolumeClaim of the homes, in each namespace that mounts them."""

HOMES_PORT: Final = 8080
HOMES_URL: Final = f"http://{HOMES_APP}.{PLATFORM}:{HOMES_PORT}"
