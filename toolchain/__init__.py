"""Upstream's programs: built into a cache on this machine, and found there by name.

ensure(["pulumi", "etcd"])      build the missing ones of these
path("pulumi")                  where it is, or an error that says what to type
build([Program(...)])           build programs of another table, as the lab's own
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolchain import cache
from toolchain.plugins import pulumi_home
from toolchain.programs import PROGRAMS, named

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from toolchain.program import Program
    from toolchain.progress import Progress

__all__ = ["build", "ensure", "path", "pulumi_home"]


def path(name: str) -> Path:
    """File of a program.

    Raises:
        ForegroundError: There is no such program, or it is not built yet.
    """
    return cache.standard().path(named(name))


def ensure(names: Iterable[str] = (), progress: Progress | None = None) -> dict[str, Path]:
    """Build the missing ones of these programs, or of all, in the table's order.

    Returns:
        Files by name.
    """
    wanted = {named(name).name for name in names} or set(PROGRAMS)
    return build((row for name, row in PROGRAMS.items() if name in wanted), progress)


def build(programs: Iterable[Program], progress: Progress | None = None) -> dict[str, Path]:
    """Build the missing ones of these programs, in this order.

    Returns:
        Files by name.
    """
    return cache.standard().ensure(programs, progress)
