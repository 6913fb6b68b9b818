"""NetworkPolicies of hub, proxy and sessions, and default deny in the platform's namespace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra.overlay.base.addresses import (
    HUB_APP,
    HUB_PORT,
    INGRESS,
    INGRESS_APP,
    INGRESS_PORT,
    PLATFORM,
    PROXY_API_PORT,
    PROXY_APP,
    PROXY_PORT,
    SESSION_PORT,
    SESSIONS,
)
from infra.overlay.base.network_policies import (
    DNS,
    Rules,
    allow_from,
    allow_to,
    internet,
    network_policy,
    pods,
)

if TYPE_CHECKING:
    from infra.overlay.base.target import Target
    from infra.site import Site

__all__ = ["network_policies"]


def network_policies(site: Site, target: Target) -> None:
    """Create the policies.

    Only hub and proxy may connect to a session. A session may connect to name servers, the hub's
    API, the ingress and the internet.
    """
    hub, proxy = pods(PLATFORM, HUB_APP), pods(PLATFORM, PROXY_APP)
    ingress = pods(INGRESS, INGRESS_APP)
    network_policy("default", PLATFORM, Rules(ingress=[]), target)
    to_hub = [allow_from(proxy, pods(SESSIONS), port=HUB_PORT)]
    network_policy(HUB_APP, PLATFORM, Rules({"app": HUB_APP}, ingress=to_hub), target)
    to_proxy = [allow_from(ingress, port=PROXY_PORT), allow_from(hub, port=PROXY_API_PORT)]
    network_policy(PROXY_APP, PLATFORM, Rules({"app": PROXY_APP}, ingress=to_proxy), target)
    sessions = Rules(
        ingress=[allow_from(hub, proxy, port=SESSION_PORT)],
        egress=[
            DNS,
            allow_to(hub, port=HUB_PORT),
            allow_to(ingress, port=INGRESS_PORT),
            allow_to(internet(site)),
        ],
    )
    network_policy("sessions", SESSIONS, sessions, target)
