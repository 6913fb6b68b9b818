"""L3 router plugin without an agent: a floating IP is ACTIVE exactly while it has a port.

Upstream waits for an L3 agent to say so. Here the namespace routes and the forwarder carries
floating IPs, so there is no agent; what they do follows from Neutron's tables.
"""

from __future__ import annotations

from typing import Any

from neutron.services.l3_router import l3_router_plugin
from neutron_lib import constants
from neutron_lib.callbacks import events, registry, resources


@registry.has_registry_receivers
class ForegroundRouterPlugin(l3_router_plugin.L3RouterPlugin):  # type: ignore[misc]  # untyped base
    """Routers and floating IPs without an L3 agent."""

    # the callback also comes when a port is deleted under its floating IP, which passes by
    # update_floatingip: overriding that one left such addresses ACTIVE
    @registry.receives(resources.FLOATING_IP, [events.AFTER_CREATE, events.AFTER_UPDATE])
    def _tell_status(self, _resource: str, _event: str, _trigger: object, payload: Any) -> None:
        floating = payload.latest_state
        status = (
            constants.FLOATINGIP_STATUS_ACTIVE
            if floating["port_id"]
            else constants.FLOATINGIP_STATUS_DOWN
        )
        if floating["status"] != status:
            self.update_floatingip_status(payload.context.elevated(), floating["id"], status)
            floating["status"] = status  # this mapping becomes the answer to the request
