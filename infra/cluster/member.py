"""Member, as programs ask for it: a machine of the site, and what its roles are told."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import pulumi

from infra import images, names, versions

from .playbooks_digest import edition

if TYPE_CHECKING:
    from collections.abc import Mapping

    from infra.site import Site, WantedMachine
    from infra.site.cloud import Access

__all__ = ["API_PORT", "EXPORT", "TOKEN", "Host", "Member"]

TOKEN: Final = "site:index:Member"  # noqa: S105 - a type's name in Pulumi
API_PORT: Final = 6443
EXPORT: Final = "/srv/foreground/homes"
"""Where the role `storage` exports the homes, and where clients find them."""

_CONTAINERD: Final = "github.com/containerd/containerd/releases/download"
_KUBERNETES: Final = "dl.k8s.io"


@dataclass(frozen=True)
class Host:
    """The machine that becomes a member.

    Attributes:
        wanted: What the site says of it.
        server_id: Its server; another server is another member.
        address: Its address inside the site.
        public_address: Where people reach the API, if it serves it to them; else empty.
        volume_id: The data volume attached to it; else empty.
        databases: Passwords of the databases on it, by name.
    """

    wanted: WantedMachine
    server_id: pulumi.Input[str]
    address: pulumi.Input[str]
    public_address: pulumi.Input[str] = ""
    volume_id: pulumi.Input[str] = ""
    databases: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)

    def as_machine(self) -> dict[str, pulumi.Input[str]]:
        """Return what another member must know of it."""
        return {"name": self.wanted.name, "serverId": self.server_id, "address": self.address}


class Member(pulumi.CustomResource):
    """A machine that belongs to the site: create joins, update converges, delete leaves.

    Args:
        site: The whole site.
        host: The machine.
        control: The machine that holds the cluster, where this is another one.
        opts: Must depend on everything that leads to the machine, so that it can still leave.

    Attributes:
        kubeconfig: An administrator's, for people outside; only the control member has it.
        podCidr: Range of the pods on its node; a storage member has none.
    """

    kubeconfig: pulumi.Output[str]
    podCidr: pulumi.Output[str]  # noqa: N815 - as the plugin writes it

    def __init__(
        self,
        site: Site,
        host: Host,
        *,
        control: Host | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        role = host.wanted.role
        inputs = {
            **host.as_machine(),
            "role": role,
            "access": _access(site.access),
            "control": control.as_machine() if control and role != "storage" else None,
            "variables": _variables(site, host, control or host),
            "publicAddress": host.public_address if role == "control" else "",
            "patience": site.leave.patience,
            "playbooks": edition(),
            **dict.fromkeys(("kubeconfig", "podCidr")),  # written by the plugin only
        }
        # `--target-replace` does not ask the plugin, and a late leave would undo the new join
        own = pulumi.ResourceOptions(
            delete_before_replace=True, additional_secret_outputs=["kubeconfig"]
        )
        super().__init__(TOKEN, host.wanted.name, inputs, pulumi.ResourceOptions.merge(opts, own))


def _access(access: Access) -> dict[str, Any]:
    jump = access.jump_host
    return {
        "user": access.user,
        "keyFile": str(access.key_file),
        "jumpHost": {"host": jump.host, "user": jump.user, "port": jump.port} if jump else None,
    }


def _variables(site: Site, host: Host, control: Host) -> dict[str, Any]:
    """Return the variables of the roles, by the names in their argument specs; no empty ones."""
    if host.wanted.role == "storage":
        said = _storage(site, host)
    else:
        said = _runtime(site, host) | _kubernetes(site, host, control)
    return {name: value for name, value in (_base(site) | said).items() if value not in (None, "")}


def _base(site: Site) -> dict[str, Any]:
    mirrors = site.mirrors
    return {
        "base_apt_url": mirrors.apt,
        "base_apt_key_file": str(mirrors.apt_key_file or ""),
        "base_ca_file": str(mirrors.ca_file or ""),
    }


def _runtime(site: Site, host: Host) -> dict[str, Any]:
    mirrors = site.mirrors
    people = site.notebooks and host.wanted.role == "worker"
    return {
        "runtime_version": versions.CONTAINERD,
        "runtime_artefacts": mirrors.artefacts and f"{mirrors.artefacts}/{_CONTAINERD}",
        "runtime_registry_mirror": mirrors.registry,
        "runtime_registry_ca_file": str((mirrors.registry and mirrors.ca_file) or ""),
        # another image is an update of all workers, and the hub names it only after that
        "runtime_images": [images.reference(site.registry, "notebooks/session")]
        if people
        else None,
    }


def _kubernetes(site: Site, host: Host, control: Host) -> dict[str, Any]:
    artefacts, wanted = site.mirrors.artefacts, host.wanted.group
    labels = {names.GROUP: host.wanted.group_name} | (
        {names.ACCELERATOR: wanted.accelerator.model} if wanted.accelerator else {}
    )
    return {
        "kubernetes_version": site.kubernetes.version,
        "kubernetes_artefacts": artefacts and f"{artefacts}/{_KUBERNETES}",
        "kubernetes_cluster": site.name,
        "kubernetes_endpoint": pulumi.Output.concat(control.address, f":{API_PORT}"),
        "kubernetes_address": host.address,
        "kubernetes_pod_cidr": str(site.kubernetes.pod_cidr),
        "kubernetes_service_cidr": str(site.kubernetes.service_cidr),
        "kubernetes_ignore_preflight": list(site.kubernetes.ignore_preflight),
        "kubernetes_labels": labels | wanted.labels,
        "kubernetes_taints": list(wanted.taints),
    }


def _storage(site: Site, host: Host) -> dict[str, Any]:
    return {
        "storage_address": host.address,
        "storage_clients": str(site.network.cidr),
        "storage_volume_id": host.volume_id,
        "storage_server": site.storage.server if site.storage else None,
        **_database(site, host),
    }


def _database(site: Site, host: Host) -> dict[str, Any]:
    if not host.databases:
        return {}
    return {
        "database_address": host.address,
        "database_clients": str(site.network.cidr),
        "database_password": host.databases["hub"],
    }
