"""Upstream's programs: where they come from, and where they are once they are here.

ensure(["pulumi", "etcd"])      build what the cache does not hold yet
path("pulumi")                  where it is, or an error that says what to type
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolchain import cache
from toolchain.plugins import pulumi_home
from toolchain.programs import PROGRAMS, named

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from toolchain.progress import Progress

__all__ = ["ensure", "path", "pulumi_home"]


def path(name: str) -> Path:
    """Where a program is.

    Raises:
        ForegroundError: There is no such program, or it is not built yet.
    """
    return cache.standard().path(named(name))


def ensure(names: Iterable[str] = (), progress: Progress | None = None) -> dict[str, Path]:
    """Build what is missing of these programs, of all without names, in the table's order."""
    wanted = {named(name).name for name in names} or set(PROGRAMS)
    programs = [program for name, program in PROGRAMS.items() if name in wanted]
    return cache.standard().ensure(programs, progress)
