"""Nova flavors of a lab's cloud, as data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from infra import accelerators

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Flavor", "flavors", "resources"]

GENERAL = {"c2.small": (1, 1024), "c2.medium": (2, 2048), "c2.large": (2, 4096)}
CARDS = (1, 2)
CARD_VCPUS, CARD_MEMORY_MIB = 2, 3072
DISK_GIB = 20


@dataclass(frozen=True)
class Flavor:
    """One flavor of Nova."""

    name: str
    vcpus: int
    memory_mib: int
    specs: Mapping[str, str] = field(default_factory=dict)


def flavors() -> Iterator[Flavor]:
    """Return the general flavors, then one for each number of cards of each GPU model."""
    for name, (vcpus, memory_mib) in GENERAL.items():
        yield Flavor(name, vcpus, memory_mib)
    for model in _gpus():
        for count in CARDS:
            specs = {f"resources:{model.openstack_resource}": str(count)}
            yield Flavor(f"g2.{model.name}.{count}", CARD_VCPUS, CARD_MEMORY_MIB, specs)


def resources() -> list[str]:
    """Return Placement's resource classes that the flavors request."""
    return [model.openstack_resource for model in _gpus()]


def _gpus() -> list[accelerators.Model]:
    return [model for model in accelerators.models().values() if model.kind == "gpu"]
