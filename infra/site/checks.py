"""Checks across the sections of a site file: combinations of valid keys that cannot work."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Final

from infra import accelerators

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from infra.accelerators import Model

    from .machines import Group
    from .site import Site

__all__ = ["faults"]

_SUPPORTED: Final = "gpu"
"""The only supported kind of accelerator. Drivers come with the machine image, not from a role."""
_HARMLESS: Final = "PreferNoSchedule"


def faults(site: Site, faulty: Collection[str] = ()) -> Iterator[str]:
    """Yield one sentence for each fault: the key, the allowed value, the given value, the reason.

    Args:
        site: The site, without the sections in ``faulty``.
        faulty: Fields of Site that are invalid by themselves. Checks that read one of them do not
            run, because their result would mean nothing.
    """
    for reads, check in _CHECKS:
        if not set(reads) & set(faulty):
            yield from check(site)
    yield from _capabilities(site, faulty)


def _counts(site: Site) -> Iterator[str]:
    """Check that there is one control machine, and one storage machine if storage is claimed."""
    if (count := site.count("control")) != 1:
        yield f"machines: needs one machine of role control, not {count}"
    count, wanted = site.count("storage"), 1 if site.storage else 0
    if count != wanted:
        because = "there is a storage section" if wanted else "there is no storage section"
        yield f"machines: needs {wanted} of role storage, not {count}, because {because}"


def _ranges(site: Site) -> Iterator[str]:
    """Check that no two address ranges of the site overlap."""
    ranges = {
        "network.cidr": site.network.cidr,
        "kubernetes.podCidr": site.kubernetes.pod_cidr,
        "kubernetes.serviceCidr": site.kubernetes.service_cidr,
    }
    for (first, one), (second, other) in combinations(ranges.items(), 2):
        if one.overlaps(other):
            yield f"{second}: {other} must lie outside {first}, {one}"


def _capabilities(site: Site, faulty: Collection[str]) -> Iterator[str]:
    """Check that each capability has the sections that it needs, then what it checks itself."""
    there = {*site.capabilities, *faulty}
    for name, section in site.capabilities.items():
        if missing := [need for need in section.needs if need not in there]:
            yield f"{name}: needs {' and '.join(missing)} as well"
        if "machines" not in faulty:
            yield from section.faults(site.machines)


def _registry(site: Site) -> Iterator[str]:
    """Check that a registry for the platform's own images is set."""
    if not site.mirrors.registry:
        yield (
            "mirrors.registry: must be the URL of a registry that has the images of services/, "
            "not left out, because every node needs podnet and no public registry has it"
        )


def _public_address(site: Site) -> Iterator[str]:
    """Check that the control machine has a floating IP if any capability runs on the cluster."""
    for name, group in site.machines.items():
        if group.role == "control" and site.on_cluster and not group.public_address:
            yield (
                f"machines.{name}.publicAddress: must be true, not false, because the section "
                f"{site.on_cluster[0]} is reached through it"
            )


def _groups(site: Site) -> Iterator[str]:
    """Check the accelerators of each group of machines."""
    for name, group in site.machines.items():
        if group.accelerator:
            model = accelerators.models()[group.accelerator.model]
            yield from _accelerator(f"machines.{name}", group, model, site)


def _accelerator(key: str, group: Group, model: Model, site: Site) -> Iterator[str]:
    if group.role != "worker":
        yield (
            f"{key}.accelerator: must be left out, not '{model.name}', because machines of role "
            f"{group.role} take neither sessions nor batch"
        )
    if model.kind != _SUPPORTED:
        gpus = [m.name for m in accelerators.models().values() if m.kind == _SUPPORTED]
        yield (
            f"{key}.accelerator.model: must be one of {', '.join(gpus)}, not '{model.name}', "
            f"because no role installs the drivers of an {model.kind} yet"
        )
    barring = [taint for taint in group.taints if not taint.endswith(f":{_HARMLESS}")]
    if barring and site.notebooks:
        yield (
            f"{key}.taints: must be left out, or have the effect {_HARMLESS}, not '{barring[0]}', "
            "because sessions and the placeholder pods for them tolerate none"
        )


_CHECKS: Final[tuple[tuple[tuple[str, ...], Callable[[Site], Iterator[str]]], ...]] = (
    (("machines", "storage"), _counts),
    (("network", "kubernetes"), _ranges),
    (("mirrors",), _registry),
    (("machines",), _public_address),
    (("machines", "notebooks"), _groups),
)
"""Each check, with the fields of Site that it reads."""
