"""Entry point of `pulumi up`: declares all parts of a site, in the order of their dependencies.

The parts are in infra/.
"""

from __future__ import annotations

import pulumi
from pulumi.runtime.config import CONFIG

from infra.cluster.last_state import read_last_state
from infra.cluster.refusals import refuse
from infra.cluster.rolling_update import RollingUpdate
from infra.errors import ForegroundError
from infra.machines.access import ServerAccess
from infra.machines.address_pairs import allow_pods
from infra.machines.network import Network
from infra.machines.provider import cloud_provider
from infra.machines.servers import Machines, replacing_properties
from infra.machines.volumes import DataVolume
from infra.site import Site, read_config
from stacks import outputs
from stacks.members import join
from stacks.overlay import deploy_overlay
from stacks.prerequisites import Prerequisites, database_passwords


def program() -> None:
    """Deploy the site of the stack; an error is one sentence for the operator, no traceback."""
    try:
        deploy(read_config(pulumi.get_stack(), CONFIG.get()))
    except ForegroundError as error:
        raise pulumi.RunError(str(error)) from None


def deploy(site: Site) -> None:
    """Declare all resources of a site and its outputs."""
    state = read_last_state()
    refuse(site, replacing_properties(site), state)
    cloud = pulumi.ResourceOptions(provider=cloud_provider(site))
    update = RollingUpdate(site.max_unavailable, state)
    network = Network("network", site, cloud)
    access = ServerAccess("access", site, cloud)
    machines = Machines(
        "machines", site, network=network, access=access, turn=update.turn, opts=cloud
    )
    homes: DataVolume | None = None
    if site.storage:
        homes = DataVolume("homes", site, site.storage, machines.first("storage"), cloud)
    passwords = database_passwords(site)
    members = join(site, machines, homes, passwords)
    pairs = allow_pods(site, machines, {name: member.podCidr for name, member in members.items()})
    for name, member in members.items():
        last = pairs.get(name, member)
        update.release_when_ready(name, last)
    prerequisites = Prerequisites.of_machines(machines, members, pairs, passwords)
    outputs.export(
        {
            "site": site.name,
            **outputs.of_machines(machines, homes, members, update),
            **deploy_overlay(site, prerequisites),
        }
    )


if __name__ == "__main__":
    program()
