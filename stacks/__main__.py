"""A site, whole, as a table of contents. Pulumi runs this; the parts are in infra/."""

from __future__ import annotations

import pulumi
from pulumi.runtime.config import CONFIG

from infra.cluster.irreplaceable import refuse_replacing
from infra.cluster.last_state import recorded
from infra.cluster.member import API_PORT, EXPORT, Host, Member
from infra.cluster.settled import refuse_changing
from infra.cluster.window import Window
from infra.errors import ForegroundError
from infra.machines.access import Access
from infra.machines.address_pairs import allow
from infra.machines.network import Network
from infra.machines.provider import connect
from infra.machines.servers import SERVER, Machine, Machines, renewing
from infra.machines.volumes import DataVolume
from infra.site import Site, read_config
from stacks.overlay import Ground, database_password, lay


def program() -> None:
    """Ask for all that the site says; where that cannot be, one sentence and no traceback."""
    try:
        deploy(read_config(pulumi.get_stack(), CONFIG.get()))
    except ForegroundError as error:
        raise pulumi.RunError(str(error)) from None


def deploy(site: Site) -> None:
    """Ask for all parts of a site, in the order in which they stand on one another."""
    have = recorded()
    refuse_replacing(site, SERVER, renewing(site), have)
    refuse_changing(site, have)
    there = pulumi.ResourceOptions(provider=connect(site))
    window = Window(SERVER, site.max_unavailable, have)
    network = Network("network", site, there)
    access = Access("access", site, there)
    machines = Machines(
        "machines", site, network=network, access=access, turn=window.turn, opts=there
    )
    homes: DataVolume | None = None
    if site.storage:
        homes = DataVolume("homes", site, site.storage, machines.first("storage"), there)
    password = database_password(site)
    members = join(site, machines, homes, password)
    pairs = allow(site, machines, {name: member.podCidr for name, member in members.items()})
    for name, last in (members | pairs).items():
        window.back(name, last)
    storage = machines.first("storage") if homes else None
    lay(site, Ground(machines.first("control"), storage, members, pairs, password))
    publish(site, machines, homes, members, window)


def join(
    site: Site,
    machines: Machines,
    homes: DataVolume | None,
    password: pulumi.Input[str],
) -> dict[str, Member]:
    """Make every machine a member: control first, workers beside one another after it."""
    members: dict[str, Member] = {}
    control = machines.first("control")
    for name, machine in machines.by_name.items():
        needs: list[pulumi.Resource] = [machine.server, *machine.way]
        options = pulumi.ResourceOptions(depends_on=needs)
        if machine.role == "storage" and homes:
            needs.append(homes.attachment)
        if machine.role == "worker":
            needs.append(members[control.name])
            options.deleted_with = members[control.name]  # without a cluster nobody has to leave
        members[name] = Member(
            site,
            host(machine, homes, password),
            control=host(control) if machine is not control else None,
            opts=options,
        )
    return members


def host(
    machine: Machine, homes: DataVolume | None = None, password: pulumi.Input[str] = ""
) -> Host:
    """Describe a machine to members."""
    return Host(
        machine.wanted,
        server_id=machine.server.id,
        address=machine.address,
        public_address=machine.public_address,
        volume_id=homes.volume_id if homes else "",
        database_password=password,
    )


def publish(
    site: Site,
    machines: Machines,
    homes: DataVolume | None,
    members: dict[str, Member],
    window: Window,
) -> None:
    """Say what came of it, as infra.outputs.Outputs reads it."""
    control = machines.first("control")
    shown = pulumi.Output.all(control.public_address, control.address)
    pulumi.export("site", site.name)
    pulumi.export("api", shown.apply(lambda both: f"https://{both[0] or both[1]}:{API_PORT}"))
    pulumi.export("kubeconfig", pulumi.Output.secret(members[control.name].kubeconfig))
    pulumi.export("machines", {name: m.summary for name, m in machines.by_name.items()})
    if homes:
        server = machines.first("storage").address
        homes_at = {"server": server, "path": EXPORT, "volumeId": homes.volume_id}
        pulumi.export("storage", homes_at)
    standing = pulumi.Output.all(*(member.urn for member in members.values()))
    pulumi.export("postponed", standing.apply(lambda _: sorted(window.postponed)))


if __name__ == "__main__":
    program()
