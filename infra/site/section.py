"""Base classes for the sections of a site file: Section, and Capability for optional ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, NamedTuple

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from ipaddress import IPv4Network

    from .site import Site

__all__ = ["Capability", "OpenPort", "Section"]


class Section(BaseModel):
    """Base of every section: keys in camelCase, no unknown keys, immutable."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True)


class OpenPort(NamedTuple):
    """A TCP port of control machines that is open to a range of addresses."""

    port: int
    source: IPv4Network


class Capability(Section):
    """Base of every optional section: a site without the section does not have the capability.

    The class attributes are the only place that says what a capability needs from the rest of the
    site. `Site` collects them over its own fields, so no other module lists the capabilities.
    """

    needs: ClassVar[tuple[str, ...]] = ()
    """Sections that the site must have as well, by their names in `Site`."""

    on_cluster: ClassVar[bool] = True
    """Whether the capability runs on the cluster, so that the overlay is deployed for it."""

    databases: ClassVar[tuple[str, ...]] = ()
    """PostgreSQL databases on the storage machine, each owned by a role of the same name."""

    worker_images: ClassVar[tuple[str, ...]] = ()
    """Images, as folders below services/, that every worker pulls before it takes any pod."""

    @property
    def open_ports(self) -> tuple[OpenPort, ...]:
        """TCP ports that a security group rule opens on control machines."""
        return ()

    def faults(self, site: Site) -> Iterator[str]:  # noqa: ARG002 - for subclasses
        """Yield one sentence for each conflict between this section and the rest of the site.

        The section `machines` is valid; any other section may be absent.
        """
        yield from ()
