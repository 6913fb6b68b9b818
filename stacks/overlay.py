"""What runs on a site's cluster, as a table of contents; an absent section adds nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pulumi

from infra.cluster.member import EXPORT
from infra.overlay.accelerators.accelerators import Accelerators
from infra.overlay.base.claims import Export
from infra.overlay.base.places import PROXY_URL, Database
from infra.overlay.base.priorities import Priorities
from infra.overlay.base.secrets import Secret
from infra.overlay.base.target import Cluster, connect
from infra.overlay.headroom.headroom import Headroom
from infra.overlay.ingress.cluster_dns import Resolving
from infra.overlay.ingress.ingress import Ingress
from infra.overlay.notebooks.notebooks import Notebooks
from infra.overlay.queueing.queueing import Queueing

if TYPE_CHECKING:
    from infra.cluster.member import Member
    from infra.machines.address_pairs import AddressPairs
    from infra.machines.servers import Machine
    from infra.site import Site

__all__ = ["Ground", "database_password", "lay"]


@dataclass(frozen=True)
class Ground:
    """What the overlay stands on.

    Attributes:
        control: The machine that holds the cluster.
        storage: The machine that holds the homes and the hub's database, if there is one.
        members: All members, by machine.
        pairs: What lets the pods of a machine speak to those of others, by machine.
        password: Of the hub's database.
    """

    control: Machine
    storage: Machine | None
    members: dict[str, Member]
    pairs: dict[str, AddressPairs]
    password: pulumi.Input[str]


def database_password(site: Site) -> pulumi.Input[str]:
    """Ask for the password of the hub's database, before the machine that holds it is set up."""
    return Secret("database").value if site.notebooks else ""


def lay(site: Site, ground: Ground) -> None:
    """Ask for all capabilities that the site says, in the order in which they stand on another."""
    asked = (site.accelerators, site.ingress, site.notebooks, site.queueing)
    if not any(asked):
        return
    control = ground.members[ground.control.name]
    reachable = list(ground.pairs.values())
    cluster = connect(control.kubeconfig, ground.control.server.id, control, reachable)
    classes = Priorities("priorities", cluster).classes
    if site.accelerators:
        Accelerators("accelerators", site.accelerators, cluster)
    stands = list(classes)
    if site.queueing:
        stands += Queueing("queueing", site, site.queueing, cluster, classes).queues
    if site.notebooks and ground.storage:
        database = Database(ground.storage.address, ground.password)
        export = Export(ground.storage.address, EXPORT)
        # of all members: sessions get a new image only when every worker has it
        needs = [*classes, *ground.members.values()]
        notebooks = Notebooks("notebooks", site, database, export, cluster, needs)
        if site.headroom:
            needs = [*stands, notebooks.sessions]
            Headroom("headroom", site, site.notebooks, cluster, needs)
    if site.ingress:
        _way_in(site, cluster, classes)


def _way_in(site: Site, cluster: Cluster, classes: list[pulumi.Resource]) -> None:
    wanted = site.ingress
    assert wanted  # noqa: S101 - there is one
    ingress = Ingress(
        "ingress", site, wanted, cluster, routes={wanted.host: PROXY_URL}, needs=classes
    )
    others = {host: str(address) for host, address in wanted.hosts.items()}
    Resolving("resolving", cluster, {wanted.host: ingress.address, **others})
    pulumi.export("url", wanted.url)
    if site.identity:
        pulumi.export("issuer", site.identity.issuer)
