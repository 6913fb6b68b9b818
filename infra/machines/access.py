"""Access: who gets into machines, and what reaches them."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

import pulumi
from pulumi_openstack import compute, networking

from infra import names
from infra.errors import ForegroundError

if TYPE_CHECKING:
    from pathlib import Path

    from infra.site import Site

__all__ = ["Access", "key_pair"]

_API_PORT: Final = 6443
_SSH_PORT: Final = 22


class Access(pulumi.ComponentResource):
    """Key, security groups and their rules, and the wish to stand on different hosts.

    Machines talk to one another freely; from outside only SSH, and the API of control machines.

    Args:
        name: Unique within the stack.
        site: The whole site; its ``access`` decides.
        opts: Must carry the provider of the site's cloud.

    Attributes:
        key_pair: Name of the key pair.
        machine_group: Id of the security group of every machine.
        api_group: Id of the security group of control machines, in addition.
        server_group: Id of the server group that spreads machines over the cloud's hosts.
        rules: Without them nobody reaches a machine; depend on them.
        key: Depend on it as well.
    """

    key_pair: str
    machine_group: pulumi.Output[str]
    api_group: pulumi.Output[str]
    server_group: pulumi.Output[str]
    rules: list[pulumi.Resource]
    key: pulumi.Resource

    def __init__(self, name: str, site: Site, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("foreground:machines:Access", name, None, opts)
        mine = pulumi.ResourceOptions(parent=self)
        public = _public_half(site.access.key_file)
        self.key_pair = key_pair(site)
        self.key = compute.Keypair(name, name=self.key_pair, public_key=public, opts=mine)
        spread = compute.ServerGroup(
            name, name=names.in_cloud(site.name), policies="soft-anti-affinity", opts=mine
        )
        machine, api = (
            networking.SecGroup(
                group, name=names.in_cloud(site.name, group), description=why, opts=mine
            )
            for group, why in (
                ("machine", "Every machine of the site"),
                ("api", "Machines that serve the Kubernetes API, and the ingress"),
            )
        )
        self.rules = [
            networking.SecGroupRule(
                "inside",
                direction="ingress",
                ethertype="IPv4",
                remote_group_id=machine.id,
                security_group_id=machine.id,
                opts=mine,
            ),
            _opened("ssh", machine.id, _SSH_PORT, str(site.access.ssh_from), mine),
            _opened("api", api.id, _API_PORT, str(site.access.api_from), mine),
        ]
        if way := site.ingress:
            _opened("ingress", api.id, way.port, str(way.open_to), mine)
        self.machine_group, self.api_group = machine.id, api.id
        self.server_group = spread.id
        self.register_outputs({"keyPair": self.key_pair})


def key_pair(site: Site) -> str:
    """Name the site's key pair.

    It holds the key's digest, so that a new key is a new name and servers are renewed one after
    another, each still reachable by its own.
    """
    public = _public_half(site.access.key_file)
    return names.in_cloud(site.name, hashlib.sha256(public.encode()).hexdigest()[:8])


def _opened(
    name: str, group: pulumi.Output[str], port: int, source: str, opts: pulumi.ResourceOptions
) -> pulumi.Resource:
    """Open one TCP port of a security group to a range of addresses."""
    return networking.SecGroupRule(
        name,
        direction="ingress",
        ethertype="IPv4",
        protocol="tcp",
        port_range_min=port,
        port_range_max=port,
        remote_ip_prefix=source,
        security_group_id=group,
        opts=opts,
    )


def _public_half(key_file: Path) -> str:
    public = key_file.with_name(f"{key_file.name}.pub")
    try:
        return public.read_text().strip()
    except OSError as error:
        raise ForegroundError(
            f"The SSH key's public half cannot be read: {public}: {error.strerror}",
            f"Type `ssh-keygen -t ed25519 -f {key_file}`, or name another in access.keyFile",
        ) from None
