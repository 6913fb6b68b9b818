"""Route of the ingress: a public host name and the service in the cluster that answers it.

A component that people reach in a browser returns its routes; stacks/overlay.py hands all of them
to the ingress.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Route"]


@dataclass(frozen=True)
class Route:
    """One route.

    Attributes:
        host: Public host name.
        service: URL of the service inside the cluster.
    """

    host: str
    service: str
