"""L3 router plugin without an agent: a floating IP is ACTIVE exactly while it has a port.

Upstream waits for the report of an L3 agent. Here the kernel routes in the site's namespace and
the forwarder carries floating IPs: there is no agent, and the status follows from the database.
"""

from __future__ import annotations

from typing import Any

from neutron.services.l3_router import l3_router_plugin
from neutron_lib import constants
from neutron_lib.callbacks import events, registry, resources


@registry.has_registry_receivers
class ForegroundRouterPlugin(l3_router_plugin.L3RouterPlugin):  # type: ignore[misc]  # untyped base
    """Routers and floating IPs without an L3 agent."""

    # the callback also runs when the port of a floating IP is deleted; update_floatingip does not,
    # so that overriding it left such addresses ACTIVE
    @registry.receives(resources.FLOATING_IP, [events.AFTER_CREATE, events.AFTER_UPDATE])
    def _update_status(self, _resource: str, _event: str, _trigger: object, payload: Any) -> None:
        floating = payload.latest_state
        status = (
            constants.FLOATINGIP_STATUS_ACTIVE
            if floating["port_id"]
            else constants.FLOATINGIP_STATUS_DOWN
        )
        if floating["status"] != status:
            self.update_floatingip_status(payload.context.elevated(), floating["id"], status)
            floating["status"] = status  # this mapping is the response to the request
