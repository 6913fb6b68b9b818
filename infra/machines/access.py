"""ServerAccess component: key pair, security groups with their rules, and the server group."""

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

__all__ = ["ServerAccess", "key_pair"]

_SSH_PORT: Final = 22
_GROUPS: Final = {
    "machine": "Every machine of the site",
    "api": "Machines that serve the Kubernetes API, and the ingress",
}
"""Security groups, with the description that the cloud shows."""


class ServerAccess(pulumi.ComponentResource):
    """Key pair, security groups with their rules, and the anti-affinity group of the servers.

    Machines reach one another on every port. From outside SSH is open on all machines; the
    Kubernetes API and the ports of capabilities are open on control machines.

    Args:
        name: Unique within the stack.
        site: The complete site; its ``access`` and the ports of its capabilities decide.
        opts: Must carry the provider of the site's cloud.

    Attributes:
        key_pair: Name of the key pair.
        machine_group: Id of the security group of every machine.
        api_group: Id of the additional security group of control machines.
        server_group: Id of the server group that spreads servers over the cloud's hosts.
        rules: Rules without which nobody can log in to a machine; depend on them.
        key: The key pair; depend on it too.
    """

    key_pair: str
    machine_group: pulumi.Output[str]
    api_group: pulumi.Output[str]
    server_group: pulumi.Output[str]
    rules: list[pulumi.Resource]
    key: pulumi.Resource

    def __init__(self, name: str, site: Site, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("foreground:machines:Access", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        public = _public_key(site.access.key_file)
        self.key_pair = key_pair(site)
        self.key = compute.Keypair(name, name=self.key_pair, public_key=public, opts=child)
        spread = compute.ServerGroup(
            name, name=names.in_cloud(site.name), policies="soft-anti-affinity", opts=child
        )
        machine, api = (
            networking.SecGroup(
                group, name=names.in_cloud(site.name, group), description=text, opts=child
            )
            for group, text in _GROUPS.items()
        )
        self.rules = [
            networking.SecGroupRule(
                "inside",
                direction="ingress",
                ethertype="IPv4",
                remote_group_id=machine.id,
                security_group_id=machine.id,
                opts=child,
            ),
            _open_port("ssh", machine.id, _SSH_PORT, str(site.access.ssh_from), child),
            _open_port("api", api.id, names.API_PORT, str(site.access.api_from), child),
        ]
        for section, capability in site.capabilities.items():
            for number, (port, source) in enumerate(capability.open_ports):
                rule = f"{section}-{port}" if number else section
                _open_port(rule, api.id, port, str(source), child)
        self.machine_group, self.api_group = machine.id, api.id
        self.server_group = spread.id
        self.register_outputs({"keyPair": self.key_pair})


def key_pair(site: Site) -> str:
    """Return the name of the site's key pair.

    The name contains the digest of the key, so a new key is a new key pair: servers are replaced
    in turn, and until then each is reachable by the key that it was created with.
    """
    public = _public_key(site.access.key_file)
    return names.in_cloud(site.name, hashlib.sha256(public.encode()).hexdigest()[:8])


def _open_port(
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


def _public_key(key_file: Path) -> str:
    """Read the public half of the site's SSH key."""
    public = key_file.with_name(f"{key_file.name}.pub")
    try:
        return public.read_text().strip()
    except OSError as error:
        raise ForegroundError(
            f"The SSH key's public half cannot be read: {public}: {error.strerror}",
            f"Type `ssh-keygen -t ed25519 -f {key_file}`, or name another in access.keyFile",
        ) from None
