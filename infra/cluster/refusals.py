"""Refusals: changes of a site file that a deployed site cannot take, refused before any action.

They are found in the program, so `pulumi preview` refuses them too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from infra import tokens
from infra.errors import ForegroundError

from .last_state import ready_members

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from infra.site import Site

    from .last_state import State

__all__ = ["refuse"]

_HINT: Final = (
    "Put the old value back, or take the site down and up again: "
    "`make down SITE={site}` keeps the volume"
)
_SINGLE: Final = {
    "control": "the cluster would go with it, as no other machine holds it",
    "storage": "homes and databases would be unavailable, as no other machine serves them",
}
"""Roles that a site has only one machine of, with what its replacement would break.

Workers are replaced in turn, because the other workers keep running.
"""
_REASONS: Final = {
    "imageName": "machines.{group}.image is {new} and was {old}",
    "flavorName": "machines.{group}.flavor is {new} and was {old}",
    "keyPair": "access.keyFile holds another key than before (key pair {new}, and was {old})",
}
"""Why a server would be replaced, in keys of the site file, by the property that differs."""


def refuse(site: Site, servers: Mapping[str, Mapping[str, Any]], state: State) -> None:
    """Refuse to replace the only machine of a role, or to change fixed settings of a cluster.

    Args:
        site: The complete site.
        servers: The properties that would replace a server if they differ, by machine.
        state: The last state of the stack.

    Raises:
        ForegroundError: It says what cannot change, why, and what to type.
    """
    hint = _HINT.format(site=site.name)
    faults = list(_replaced(site, servers, state))
    if len(faults) > 1:
        problem = f"{len(faults)} machines would be replaced that the site has only one of"
        raise ForegroundError(problem, hint, details=faults)
    for fault in (*faults, *_changed(site, state)):
        raise ForegroundError(fault, hint)


def _replaced(site: Site, servers: Mapping[str, Mapping[str, Any]], state: State) -> Iterator[str]:
    """Yield one sentence for each single machine that would be replaced."""
    groups = {machine.name: machine.group_name for machine in site.wanted_machines}
    for role, loss in _SINGLE.items():
        wanted = [machine.name for machine in site.wanted_machines if machine.role == role]
        match list(ready_members(role, state)):
            case [name] if wanted and name not in wanted:
                yield f"{name} would be replaced by {wanted[0]}, as its group is named so; {loss}"
            case [name] if wanted:
                old = state.get((tokens.SERVER, name), {})
                for key, new in servers[name].items():
                    if key in old and old[key] != new:
                        reason = _REASONS[key].format(group=groups[name], new=new, old=old[key])
                        yield f"{name} would be replaced, as {reason}; {loss}"
                        break


def _changed(site: Site, state: State) -> Iterator[str]:
    """Yield one sentence for each fixed setting that differs from the running cluster's."""
    for member in ready_members("control", state).values():
        for key, old, new in _fixed_settings(site, member, state):
            if old and old != new:
                yield (
                    f"{key} is {new}, but the cluster was begun with {old}, and a running cluster "
                    "cannot be changed so yet"
                )


def _fixed_settings(
    site: Site, control: Mapping[str, Any], state: State
) -> Iterator[tuple[str, Any, str]]:
    """Yield key of the site file, value of the running cluster, value in the site file."""
    wanted = site.kubernetes
    variables = control.get("variables", {})
    # the version in the variables may have been refused; this one runs
    version = (control.get("versions") or {}).get("kubernetes")
    pods, services = str(wanted.pod_cidr), str(wanted.service_cidr)
    yield "kubernetes.version", version, wanted.version
    yield "kubernetes.podCidr", variables.get("kubernetes_pod_cidr"), pods
    yield "kubernetes.serviceCidr", variables.get("kubernetes_service_cidr"), services
    for (kind, _), subnet in state.items():
        if kind == tokens.SUBNET:
            yield "network.cidr", subnet.get("cidr"), str(site.network.cidr)
