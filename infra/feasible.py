"""What cannot work in a site file whose every key is well written: one sentence for each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from infra import accelerators

if TYPE_CHECKING:
    from collections.abc import Iterator

    from infra.site import Group, Site

__all__ = ["faults"]

_OVERLAY: Final = ("accelerators", "ingress", "notebooks", "queueing")
"""Sections that are reached, by people or by this program, through the control machine."""
_DRIVEN: Final = "gpu"
"""The kind of accelerators whose drivers an image may bring; no role installs any."""
_HARMLESS: Final = "PreferNoSchedule"


def faults(site: Site) -> Iterator[str]:
    """Yield one sentence for each: the key, the value, and what to write."""
    if not site.mirrors.registry:
        yield (
            "mirrors.registry: must be the URL of a registry that has the images of services/, "
            "not left out, because every node needs podnet and no public registry has it"
        )
    for name, group in site.machines.items():
        yield from _of_group(f"machines.{name}", group, site)


def _of_group(key: str, group: Group, site: Site) -> Iterator[str]:
    claimed = [section for section in _OVERLAY if getattr(site, section)]
    if group.role == "control" and claimed and not group.public_address:
        yield (
            f"{key}.publicAddress: must be true, not false, because the section {claimed[0]} is "
            "reached through it"
        )
    if not group.accelerator:
        return
    model = accelerators.models()[group.accelerator.model]
    if group.role != "worker":
        yield (
            f"{key}.accelerator: must be left out, not '{model.name}', because machines of role "
            f"{group.role} take neither sessions nor batch"
        )
    if model.kind != _DRIVEN:
        gpus = [m.name for m in accelerators.models().values() if m.kind == _DRIVEN]
        yield (
            f"{key}.accelerator.model: must be one of {', '.join(gpus)}, not '{model.name}', "
            f"because no role installs the drivers of an {model.kind} yet"
        )
    barring = [taint for taint in group.taints if not taint.endswith(f":{_HARMLESS}")]
    if barring and site.notebooks:
        yield (
            f"{key}.taints: must be left out, or have the effect {_HARMLESS}, not '{barring[0]}', "
            "because sessions and their warm places tolerate none"
        )
