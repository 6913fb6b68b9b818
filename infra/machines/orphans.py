"""Orphans: what a killed run made in the cloud, and had no time to write down."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from infra.errors import ForegroundError

__all__ = ["ATTACHMENT", "KINDS", "VOLUME", "Kind", "whole_volume"]

VOLUME: Final = "openstack:blockstorage/volume:Volume"
"""Pulumi's token of a volume: the one kind that is never deleted here."""

ATTACHMENT: Final = "openstack:compute/volumeAttach:VolumeAttach"

Inputs = Mapping[str, Any]
Finder = Callable[[Any, Inputs], Iterator[str]]
Remover = Callable[[Any, str, Inputs], None]

_PATIENCE: Final = 300.0
"""Seconds that the cloud gets to finish with one thing."""
_PAUSE: Final = 0.5


@dataclass(frozen=True)
class Kind:
    """One kind of thing in the cloud.

    Attributes:
        said: What people call it.
        find: Yields the ids of what these inputs made, as Pulumi writes them. Names of machines
            are unique in a site and not in a project, so more than the name must agree.
        remove: Asks the cloud to delete it.
    """

    said: str
    find: Finder
    remove: Remover

    def wait_until_gone(self, cloud: Any, identity: str, inputs: Inputs) -> None:  # noqa: ANN401
        """Wait until nothing of it is left; what it holds is free only then."""
        _settle(lambda: identity not in self.find(cloud, inputs), self.said)


def whole_volume(cloud: Any, name: str, found: list[str]) -> str:  # noqa: ANN401
    """Wait until a volume is whole; return its id.

    Raises:
        ForegroundError: There are several, and only a person can say which one counts.
    """
    if len(found) > 1:
        raise ForegroundError(
            f"There are {len(found)} volumes {name} that the state does not know",
            "See with `openstack volume show` which one is empty, and delete that one",
            details=found,
        )
    ready = ("available", "in-use")
    _settle(lambda: cloud.block_storage.get_volume(found[0]).status in ready, f"volume {name}")
    return found[0]


def _settle(holds: Callable[[], bool], what: str) -> None:
    """Wait until something holds.

    Raises:
        ForegroundError: It took too long.
    """
    deadline = time.monotonic() + _PATIENCE
    while not holds():
        if time.monotonic() > deadline:
            raise ForegroundError(
                f"The cloud did not finish with the {what} in {_PATIENCE:.0f} s",
                "Look at it with `openstack`, then type the same again",
            )
        time.sleep(_PAUSE)


def _same(thing: Any, **wanted: Any) -> bool:  # noqa: ANN401
    """Compare what was asked for; an empty answer and none are the same."""
    return all((getattr(thing, key) or None) == (value or None) for key, value in wanted.items())


def _servers(cloud: Any, inputs: Inputs) -> Iterator[str]:  # noqa: ANN401
    # The key's name holds the site's.
    wanted = {"name": inputs["name"], "key_name": inputs["keyPair"]}
    yield from (server.id for server in cloud.compute.servers() if _same(server, **wanted))


def _named(service: str, listing: str) -> Finder:
    """Find what has a name that holds the site's."""

    def find(cloud: Any, inputs: Inputs) -> Iterator[str]:  # noqa: ANN401
        project = cloud.current_project_id
        for thing in getattr(getattr(cloud, service), listing)():
            owner = getattr(thing, "project_id", None) or project
            if thing.name == inputs["name"] and owner == project:
                yield str(thing.id)

    return find


def _in_network(listing: str) -> Finder:
    """Find what has a name in a network of the site's."""

    def find(cloud: Any, inputs: Inputs) -> Iterator[str]:  # noqa: ANN401
        wanted = {"name": inputs["name"], "network_id": inputs["networkId"]}
        yield from (thing.id for thing in getattr(cloud.network, listing)(**wanted))

    return find


def _rules(cloud: Any, inputs: Inputs) -> Iterator[str]:  # noqa: ANN401
    wanted = {
        "direction": inputs["direction"],
        "ether_type": inputs["ethertype"],
        "protocol": inputs.get("protocol"),
        "port_range_min": inputs.get("portRangeMin"),
        "port_range_max": inputs.get("portRangeMax"),
        "remote_ip_prefix": inputs.get("remoteIpPrefix"),
        "remote_group_id": inputs.get("remoteGroupId"),
    }
    group = inputs["securityGroupId"]
    rules = cloud.network.security_group_rules(security_group_id=group)
    yield from (rule.id for rule in rules if _same(rule, **wanted))


def _interfaces(cloud: Any, inputs: Inputs) -> Iterator[str]:  # noqa: ANN401
    for port in cloud.network.ports(device_id=inputs["routerId"]):
        if any(ip["subnet_id"] == inputs["subnetId"] for ip in port.fixed_ips):
            yield port.id


def _floating(cloud: Any, inputs: Inputs) -> Iterator[str]:  # noqa: ANN401
    # It has no name: without a description nothing tells whose it is, and it stays.
    if said := inputs.get("description"):
        ours = {"description": said, "project_id": cloud.current_project_id}
        yield from (ip.id for ip in cloud.network.ips() if _same(ip, **ours))


def _attachments(cloud: Any, inputs: Inputs) -> Iterator[str]:  # noqa: ANN401
    server, volume = inputs["instanceId"], inputs["volumeId"]
    for attachment in cloud.compute.volume_attachments(server):
        if attachment.volume_id == volume:
            yield f"{server}/{volume}"


def _deleting(service: str, call: str) -> Remover:
    def remove(cloud: Any, identity: str, _: Inputs) -> None:  # noqa: ANN401
        getattr(getattr(cloud, service), call)(identity, ignore_missing=True)

    return remove


def _close(cloud: Any, _: str, inputs: Inputs) -> None:  # noqa: ANN401
    cloud.network.remove_interface_from_router(inputs["routerId"], subnet_id=inputs["subnetId"])


def _detach(cloud: Any, _: str, inputs: Inputs) -> None:  # noqa: ANN401
    # It was never mounted: the member that mounts it comes after it.
    cloud.compute.delete_volume_attachment(
        inputs["instanceId"], inputs["volumeId"], ignore_missing=True
    )


def _keep(_: Any, identity: str, __: Inputs) -> None:  # noqa: ANN401
    raise ForegroundError(f"The volume {identity} is never deleted here")


KINDS: Final[Mapping[str, Kind]] = {
    "openstack:compute/instance:Instance": Kind(
        "server", _servers, _deleting("compute", "delete_server")
    ),
    ATTACHMENT: Kind("volume's attachment", _attachments, _detach),
    VOLUME: Kind("volume", _named("block_storage", "volumes"), _keep),
    "openstack:networking/floatingIp:FloatingIp": Kind(
        "floating IP", _floating, _deleting("network", "delete_ip")
    ),
    "openstack:networking/port:Port": Kind(
        "port", _in_network("ports"), _deleting("network", "delete_port")
    ),
    "openstack:networking/routerInterface:RouterInterface": Kind(
        "router's interface", _interfaces, _close
    ),
    "openstack:networking/router:Router": Kind(
        "router", _named("network", "routers"), _deleting("network", "delete_router")
    ),
    "openstack:networking/subnet:Subnet": Kind(
        "subnet", _in_network("subnets"), _deleting("network", "delete_subnet")
    ),
    "openstack:networking/network:Network": Kind(
        "network", _named("network", "networks"), _deleting("network", "delete_network")
    ),
    "openstack:networking/secGroupRule:SecGroupRule": Kind(
        "security group's rule", _rules, _deleting("network", "delete_security_group_rule")
    ),
    "openstack:networking/secGroup:SecGroup": Kind(
        "security group",
        _named("network", "security_groups"),
        _deleting("network", "delete_security_group"),
    ),
    "openstack:compute/keypair:Keypair": Kind(
        "key pair", _named("compute", "keypairs"), _deleting("compute", "delete_keypair")
    ),
    "openstack:compute/serverGroup:ServerGroup": Kind(
        "server group",
        _named("compute", "server_groups"),
        _deleting("compute", "delete_server_group"),
    ),
}
"""By Pulumi's token. Other kinds are made again over what is there, or leave nothing behind."""
