"""Capability: base class of the optional sections, with what each needs from the site."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, NamedTuple

from .section import Section

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from ipaddress import IPv4Network

    from .machines import Group

__all__ = ["Capability", "OpenPort"]


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

    def faults(self, machines: Mapping[str, Group]) -> Iterator[str]:  # noqa: ARG002 - for subclasses
        """Yield one sentence for each conflict between this section and the site's machines."""
        yield from ()
