"""Stack outputs: the values of infra.outputs.Outputs for one site, validated and exported."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pulumi
from pydantic.alias_generators import to_camel

from infra import names
from infra.cluster.variables.storage import EXPORT
from infra.outputs import Outputs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from infra.cluster.member import Member
    from infra.cluster.rolling_update import RollingUpdate
    from infra.machines.servers import Machines
    from infra.machines.volumes import DataVolume

__all__ = ["export", "of_machines"]


def of_machines(
    machines: Machines,
    homes: DataVolume | None,
    members: Mapping[str, Member],
    update: RollingUpdate,
) -> dict[str, Any]:
    """Return the outputs about machines and the cluster on them, by field of Outputs.

    Args:
        machines: All machines.
        homes: The data volume, if there is one.
        members: Members by machine.
        update: The rolling update, whose list of postponed machines is complete at the end.
    """
    control = machines.first("control")
    shown = pulumi.Output.all(control.public_address, control.address)
    ready = pulumi.Output.all(*(member.urn for member in members.values()))
    outputs: dict[str, Any] = {
        "api": shown.apply(lambda both: f"https://{both[0] or both[1]}:{names.API_PORT}"),
        "kubeconfig": pulumi.Output.secret(members[control.name].kubeconfig),
        "machines": {name: m.summary for name, m in machines.by_name.items()},
        "postponed": ready.apply(lambda _: sorted(update.postponed)),
    }
    if homes:
        server = machines.first("storage").address
        outputs["storage"] = {"server": server, "path": EXPORT, "volume_id": homes.volume_id}
    return outputs


def export(outputs: Mapping[str, Any]) -> None:
    """Export outputs, given by field of Outputs.

    They are exported one by one, not as one object: in a preview some are known before others, and
    the kubeconfig alone is secret.
    """
    for field, value in outputs.items():
        exported = pulumi.Output.from_input(value).apply(partial(Outputs.exported, field))
        pulumi.export(to_camel(field), exported)
