"""Orphans: OpenStack resources that a killed Pulumi run made but did not write to the state.

For each type that infra/machines registers it holds how to find such a resource and delete it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from infra import tokens
from infra.errors import ForegroundError

__all__ = ["HARMLESS", "KINDS", "Kind", "wait_for_volume"]

Inputs = Mapping[str, Any]
Finder = Callable[[Any, Inputs], Iterator[str]]
Remover = Callable[[Any, str, Inputs], None]

_DEADLINE: Final = 300.0
"""Seconds in which the cloud must finish with one resource."""
_INTERVAL: Final = 0.5


@dataclass(frozen=True)
class Kind:
    """One type of OpenStack resource.

    Attributes:
        label: Its name in messages.
        find: Yields the ids, as Pulumi writes them, of the resources with these inputs. Names of
            machines are unique in a site and not in a project, so more than the name must agree.
        remove: Requests the deletion from the cloud.
    """

    label: str
    find: Finder
    remove: Remover

    def wait_until_gone(self, cloud: Any, identity: str, inputs: Inputs) -> None:  # noqa: ANN401
        """Wait until the resource is deleted; what it uses is free only then."""
        _wait_until(lambda: identity not in self.find(cloud, inputs), self.label)


def wait_for_volume(cloud: Any, name: str, found: list[str]) -> str:  # noqa: ANN401
    """Wait until the cloud has made a volume completely; return its id.

    Raises:
        ForegroundError: There are several, and only a person can decide which one counts.
    """
    if len(found) > 1:
        raise ForegroundError(
            f"There are {len(found)} volumes {name} that the state does not know",
            "See with `openstack volume show` which one is empty, and delete that one",
            details=found,
        )
    ready = ("available", "in-use")
    _wait_until(lambda: cloud.block_storage.get_volume(found[0]).status in ready, f"volume {name}")
    return found[0]


def _wait_until(holds: Callable[[], bool], what: str) -> None:
    """Wait until a condition holds.

    Raises:
        ForegroundError: The deadline passed.
    """
    deadline = time.monotonic() + _DEADLINE
    while not holds():
        if time.monotonic() > deadline:
            raise ForegroundError(
                f"The cloud did not finish with the {what} in {_DEADLINE:.0f} s",
                "Look at it with `openstack`, then type the same again",
            )
        time.sleep(_INTERVAL)


def _same(thing: Any, **wanted: Any) -> bool:  # noqa: ANN401
    """Compare attributes with wanted values; empty and missing are the same."""
    return all((getattr(thing, key) or None) == (value or None) for key, value in wanted.items())


def _servers(cloud: Any, inputs: Inputs) -> Iterator[str]:  # noqa: ANN401
    # the name of the key pair contains the name of the site
    wanted = {"name": inputs["name"], "key_name": inputs["keyPair"]}
    yield from (server.id for server in cloud.compute.servers() if _same(server, **wanted))


def _named(service: str, listing: str) -> Finder:
    """Find resources by a name that contains the name of the site."""

    def find(cloud: Any, inputs: Inputs) -> Iterator[str]:  # noqa: ANN401
        project = cloud.current_project_id
        for thing in getattr(getattr(cloud, service), listing)():
            owner = getattr(thing, "project_id", None) or project
            if thing.name == inputs["name"] and owner == project:
                yield str(thing.id)

    return find


def _in_network(listing: str) -> Finder:
    """Find resources by name, in the network of the site."""

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
    # a floating IP has no name; without a description nobody knows whose it is, so it stays
    if description := inputs.get("description"):
        ours = {"description": description, "project_id": cloud.current_project_id}
        yield from (ip.id for ip in cloud.network.ips() if _same(ip, **ours))


def _attachments(cloud: Any, inputs: Inputs) -> Iterator[str]:  # noqa: ANN401
    server, volume = inputs["instanceId"], inputs["volumeId"]
    for attachment in cloud.compute.volume_attachments(server):
        if attachment.volume_id == volume:
            yield f"{server}/{volume}"


def _by_call(service: str, call: str) -> Remover:
    def remove(cloud: Any, identity: str, _: Inputs) -> None:  # noqa: ANN401
        getattr(getattr(cloud, service), call)(identity, ignore_missing=True)

    return remove


def _remove_interface(cloud: Any, _: str, inputs: Inputs) -> None:  # noqa: ANN401
    cloud.network.remove_interface_from_router(inputs["routerId"], subnet_id=inputs["subnetId"])


def _detach(cloud: Any, _: str, inputs: Inputs) -> None:  # noqa: ANN401
    # nothing has mounted the volume: the storage member comes after the attachment
    cloud.compute.delete_volume_attachment(
        inputs["instanceId"], inputs["volumeId"], ignore_missing=True
    )


def _refuse(_: Any, identity: str, __: Inputs) -> None:  # noqa: ANN401
    raise ForegroundError(f"The volume {identity} is never deleted here")


KINDS: Final[Mapping[str, Kind]] = {
    tokens.SERVER: Kind("server", _servers, _by_call("compute", "delete_server")),
    tokens.ATTACHMENT: Kind("volume's attachment", _attachments, _detach),
    tokens.VOLUME: Kind("volume", _named("block_storage", "volumes"), _refuse),
    "openstack:networking/floatingIp:FloatingIp": Kind(
        "floating IP", _floating, _by_call("network", "delete_ip")
    ),
    "openstack:networking/port:Port": Kind(
        "port", _in_network("ports"), _by_call("network", "delete_port")
    ),
    "openstack:networking/routerInterface:RouterInterface": Kind(
        "router's interface", _interfaces, _remove_interface
    ),
    "openstack:networking/router:Router": Kind(
        "router", _named("network", "routers"), _by_call("network", "delete_router")
    ),
    tokens.SUBNET: Kind("subnet", _in_network("subnets"), _by_call("network", "delete_subnet")),
    "openstack:networking/network:Network": Kind(
        "network", _named("network", "networks"), _by_call("network", "delete_network")
    ),
    "openstack:networking/secGroupRule:SecGroupRule": Kind(
        "security group's rule", _rules, _by_call("network", "delete_security_group_rule")
    ),
    "openstack:networking/secGroup:SecGroup": Kind(
        "security group",
        _named("network", "security_groups"),
        _by_call("network", "delete_security_group"),
    ),
    "openstack:compute/keypair:Keypair": Kind(
        "key pair", _named("compute", "keypairs"), _by_call("compute", "delete_keypair")
    ),
    "openstack:compute/serverGroup:ServerGroup": Kind(
        "server group",
        _named("compute", "server_groups"),
        _by_call("compute", "delete_server_group"),
    ),
}
"""By Pulumi's type token."""

HARMLESS: Final[Mapping[str, str]] = {
    "openstack:networking/floatingIpAssociate:FloatingIpAssociate": (
        "it is a field of the floating IP, and the next run sets the same value again"
    ),
}
"""Types that need no cleaning after a killed run, with the reason."""
