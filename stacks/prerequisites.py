"""Prerequisites of the overlay: the cluster, the NFS export and the databases that it uses."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from infra.cluster.variables.storage import EXPORT
from infra.overlay.base.claims import Export
from infra.overlay.base.databases import Database
from infra.overlay.base.secrets import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pulumi

    from infra.cluster.member import Member
    from infra.machines.address_pairs import AddressPairs
    from infra.machines.servers import Machines
    from infra.site import Site

__all__ = ["Prerequisites", "database_passwords"]


@dataclass(frozen=True, kw_only=True)
class Prerequisites:
    """A cluster, and the services outside it, as plain data.

    Attributes:
        kubeconfig: An administrator's kubeconfig.
        identifier: Identifier of the cluster: with another one all objects are created again.
        anchor: A resource that lives as long as the cluster, see infra.overlay.base.target.Target;
            None if the cluster outlives the site, as all objects must then be deleted one by one.
        required: Resources that must exist before anything is created in the cluster.
        members: Members that people's services wait for: the workers have pulled the images, and
            the storage machine serves homes and databases.
        homes: NFS export of the homes, if there is one.
        databases: Databases, by name.
        configures_dns: Whether the configuration of the cluster's DNS belongs to this site.
    """

    kubeconfig: pulumi.Input[str]
    identifier: pulumi.Input[str]
    anchor: pulumi.Resource | None = None
    required: tuple[pulumi.Resource, ...] = ()
    members: tuple[pulumi.Resource, ...] = ()
    homes: Export | None = None
    databases: Mapping[str, Database] = field(default_factory=dict)
    configures_dns: bool = False

    @classmethod
    def of_machines(
        cls,
        machines: Machines,
        members: Mapping[str, Member],
        pairs: Mapping[str, AddressPairs],
        passwords: Mapping[str, pulumi.Input[str]],
    ) -> Prerequisites:
        """Return the prerequisites of a site that has machines of its own.

        Args:
            machines: Its machines.
            members: Members, by machine.
            pairs: Address pairs, by machine: without them pods of different nodes cannot connect.
            passwords: Passwords of the databases on the storage machine, by name.
        """
        control = machines.first("control")
        storage = [m.address for m in machines.by_name.values() if m.role == "storage"]
        return cls(
            kubeconfig=members[control.name].kubeconfig,
            identifier=control.server.id,
            anchor=members[control.name],
            required=tuple(pairs.values()),
            members=tuple(members.values()),
            homes=Export(storage[0], EXPORT) if storage else None,
            databases={
                name: Database(storage[0], name, password)
                for name, password in passwords.items()
                if storage
            },
            configures_dns=True,
        )

    @classmethod
    def of_existing(
        cls,
        kubeconfig: pulumi.Input[str],
        identifier: pulumi.Input[str],
        *,
        homes: Export | None = None,
        databases: Mapping[str, Database] | None = None,
    ) -> Prerequisites:
        """Return the prerequisites of a site on a cluster that exists and is not ours.

        Args:
            kubeconfig: An administrator's kubeconfig.
            identifier: Any text that stays the same as long as the cluster does.
            homes: NFS export of the homes, if there is one.
            databases: Databases, by name.
        """
        return cls(
            kubeconfig=kubeconfig, identifier=identifier, homes=homes, databases=databases or {}
        )


def database_passwords(site: Site) -> dict[str, pulumi.Input[str]]:
    """Create a password for each database of the site, and return them by database.

    They exist before the machine that serves the databases is configured. The resource of the
    hub's password has the name that it had when it was the only one.
    """
    return {
        name: Secret("database" if name == "hub" else f"database-{name}").value
        for name in site.databases
    }
