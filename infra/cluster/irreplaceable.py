"""Irreplaceable: a machine that the site has one of; no update may replace it unasked.

The rolling window lets workers go one after another, because others stand meanwhile. With the only
control machine goes the cluster, and with the only storage machine everybody's homes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from infra.errors import ForegroundError

from .last_state import WAY_BACK, standing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from infra.site import Site

    from .last_state import Have

__all__ = ["refuse_replacing"]

_GOES_WITH_IT: Final = {
    "control": "the cluster would go with it, as no other machine holds it",
    "storage": "homes and the hub's database would be away, as no other machine serves them",
}
_WHY: Final = {
    "imageName": "machines.{group}.image is {new} and was {old}",
    "flavorName": "machines.{group}.flavor is {new} and was {old}",
    "keyPair": "access.keyFile holds another key than before (key pair {new}, and was {old})",
}
"""By the property of a server, in the words of the site file."""


def refuse_replacing(
    site: Site, server: str, wanted: Mapping[str, Mapping[str, Any]], have: Have
) -> None:
    """Refuse, before anything is asked for, and so in a preview already.

    Args:
        site: The whole site.
        server: Token of the servers.
        wanted: Of each machine everything that would replace its server, by the machine's name.
        have: What the stack has.

    Raises:
        ForegroundError: It says what would be replaced, why, and what to type.
    """
    faults = list(_replaced(site, server, wanted, have))
    hint = WAY_BACK.format(site=site.name)
    if len(faults) == 1:
        raise ForegroundError(faults[0], hint)
    if faults:
        problem = f"{len(faults)} machines would be replaced that the site has only one of"
        raise ForegroundError(problem, hint, details=faults)


def _replaced(
    site: Site, server: str, wanted: Mapping[str, Mapping[str, Any]], have: Have
) -> Iterator[str]:
    groups = {machine.name: machine.group_name for machine in site.wanted_machines}
    for role, loss in _GOES_WITH_IT.items():
        now = [m.name for m in site.wanted_machines if m.role == role]
        match list(standing(role, have)):
            case [name] if now and name not in now:
                yield f"{name} would be replaced by {now[0]}, as its group is named so; {loss}"
            case [name] if now:
                had = have.get((server, name), {})
                for key, new in wanted[name].items():
                    if key in had and had[key] != new:
                        why = _WHY[key].format(group=groups[name], new=new, old=had[key])
                        yield f"{name} would be replaced, as {why}; {loss}"
                        break
