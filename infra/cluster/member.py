"""Member: the Pulumi resource that configures one machine by Ansible and joins it to the site."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pulumi

from infra import tokens

from . import variables
from .playbooks_digest import playbooks_digest

if TYPE_CHECKING:
    from infra.site import Site
    from infra.site.cloud import Access

    from .host import Host

__all__ = ["Member"]


class Member(pulumi.CustomResource):
    """A configured machine of the site; control and worker members are nodes of the cluster.

    Create and update run playbooks/site.yml on the machine, delete runs playbooks/leave.yml. The
    plugin does it: infra/plugin/types/member.py.

    Args:
        site: The complete site.
        host: The machine.
        control: The machine that serves the Kubernetes API, if that is another one.
        opts: Must depend on everything that SSH to the machine needs, so that it can still leave.

    Attributes:
        kubeconfig: Kubeconfig of an administrator outside; only the control member has it.
        podCidr: Range of the pods on the node; a storage member has none.
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
        wanted = host.wanted
        inputs = {
            **host.as_ssh_target(),
            "role": wanted.role,
            "access": _ssh_access(site.access),
            "control": control.as_ssh_target() if control and wanted.joins else None,
            "variables": variables.collect(site, host, control or host),
            "publicAddress": host.public_address if wanted.role == "control" else "",
            "patience": site.leave.patience,
            "playbooks": playbooks_digest(),
            # outputs: Pulumi's SDK resolves only those that are inputs as well
            "kubeconfig": None,
            "podCidr": None,
        }
        # `--target-replace` does not ask the plugin, and a late leave would undo the new join
        own = pulumi.ResourceOptions(
            delete_before_replace=True, additional_secret_outputs=["kubeconfig"]
        )
        merged = pulumi.ResourceOptions.merge(opts, own)
        super().__init__(tokens.MEMBER, wanted.name, inputs, merged)


def _ssh_access(access: Access) -> dict[str, Any]:
    jump = access.jump_host
    return {
        "user": access.user,
        "keyFile": str(access.key_file),
        "jumpHost": {"host": jump.host, "user": jump.user, "port": jump.port} if jump else None,
    }
