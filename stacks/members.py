"""Members of a site: every machine joins, the control machine first and the workers after it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi

from infra.cluster.host import Host
from infra.cluster.member import Member

if TYPE_CHECKING:
    from collections.abc import Mapping

    from infra.machines.servers import Machines, ProvisionedMachine
    from infra.machines.volumes import DataVolume
    from infra.site import Site

__all__ = ["join"]


def join(
    site: Site,
    machines: Machines,
    homes: DataVolume | None,
    databases: Mapping[str, pulumi.Input[str]],
) -> dict[str, Member]:
    """Create a Member for each machine; those of the workers do not depend on one another.

    Args:
        site: The complete site.
        machines: Its machines; the control machine comes before the workers.
        homes: The data volume of the storage machine, if there is one.
        databases: Passwords of the databases on the storage machine, by name.
    """
    members: dict[str, Member] = {}
    control = machines.first("control")
    for name, machine in machines.by_name.items():
        required: list[pulumi.Resource] = [machine.server, *machine.ssh_needs]
        cluster = None
        if machine.role == "storage" and homes:
            required.append(homes.attachment)
        if machine.role == "worker":
            cluster = members[control.name]
            required.append(cluster)
        members[name] = Member(
            site,
            _host(machine, homes, databases),
            control=_host(control) if machine is not control else None,
            # a worker need not leave a cluster that is deleted as well
            opts=pulumi.ResourceOptions(depends_on=required, deleted_with=cluster),
        )
    return members


def _host(
    machine: ProvisionedMachine,
    homes: DataVolume | None = None,
    databases: Mapping[str, pulumi.Input[str]] | None = None,
) -> Host:
    """Describe a machine to members."""
    return Host(
        machine.wanted,
        server_id=machine.server.id,
        address=machine.address,
        public_address=machine.public_address,
        volume_id=homes.volume_id if homes else "",
        databases=databases or {},
    )
