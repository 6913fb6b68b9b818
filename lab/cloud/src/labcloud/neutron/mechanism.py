"""ML2 mechanism driver: binds every port on its compute host and starts the enforcer."""

from __future__ import annotations

from typing import Any

from neutron_lib import constants
from neutron_lib.api.definitions import portbindings
from neutron_lib.plugins.ml2 import api

from labcloud import settings
from labcloud.neutron.enforcement import Enforcer


class ForegroundMechanismDriver(api.MechanismDriver):  # type: ignore[misc]  # untyped base
    """Mechanism driver that binds each port to the first segment of its network."""

    def initialize(self) -> None:
        """Start the enforcer of port security and security groups in this process."""
        Enforcer(settings.load().run / "forward.d" / "neutron.json").start()

    def bind_port(self, context: Any) -> None:
        """Bind a port with VIF type ``ovs``: Nova 34 refuses ``bridge``, our driver uses none."""
        segment = context.segments_to_bind[0]
        details = {portbindings.CAP_PORT_FILTER: True}
        context.set_binding(
            segment[api.ID],
            portbindings.VIF_TYPE_OVS,
            details,
            status=constants.PORT_STATUS_ACTIVE,
        )
