"""ML2 mechanism driver: binds every port on its compute host and starts the enforcer."""

from __future__ import annotations

from typing import Any

from neutron_lib import constants
from neutron_lib.api.definitions import portbindings
from neutron_lib.plugins.ml2 import api

from labcloud import settings
from labcloud.neutron.enforcement import Enforcer


class ForegroundMechanismDriver(api.MechanismDriver):  # type: ignore[misc]  # untyped base
    """Binds each port to its network's first segment: with one switch there is no choice."""

    def initialize(self) -> None:
        """Start to enforce port security and security groups in this process's namespace."""
        Enforcer(settings.load().run / "forward.d" / "neutron.json").start()

    def bind_port(self, context: Any) -> None:
        """Bind as ``ovs``: Nova 34 refuses ``bridge``, and our Nova driver reads neither."""
        segment = context.segments_to_bind[0]
        details = {portbindings.CAP_PORT_FILTER: True}
        context.set_binding(
            segment[api.ID],
            portbindings.VIF_TYPE_OVS,
            details,
            status=constants.PORT_STATUS_ACTIVE,
        )
