"""PULUMI_HOME of a site: a folder with Pulumi's engine and its plugins."""

from __future__ import annotations

import os
import shutil
import sys
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Final

from toolchain import cache
from toolchain.programs import named

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["pulumi_home"]

_UPSTREAM: Final = ("pulumi-resource-openstack", "pulumi-resource-kubernetes")
_OURS: Final = "pulumi-resource-site"
_LANGUAGE_HOST: Final = "pulumi-language-python"


def pulumi_home(folder: Path) -> Path:
    """Make this folder a PULUMI_HOME, whose `bin` belongs on PATH. Safe to repeat.

    With PULUMI_IGNORE_AMBIENT_PLUGINS=true the engine takes plugins from here only, and does not
    warn about those on PATH at each command.

    Returns:
        The folder of `pulumi`.

    Raises:
        ForegroundError: The engine is not built yet.
    """
    built = cache.standard()
    here = Path(sys.executable).parent  # of the virtual environment, which has our own plugins
    binaries = folder / "bin"
    # no symbolic link: the engine looks for language hosts in the folder of the link's target
    _put(binaries / "pulumi", built.path(named("pulumi")), _same_file)
    _put(binaries / _LANGUAGE_HOST, here / _LANGUAGE_HOST, os.symlink)
    for name in _UPSTREAM:
        program = built.place(named(name))
        if program.is_file():
            _put(_plugin(folder, name, named(name).version), program, os.symlink)
    _put(_plugin(folder, _OURS, metadata.version("foreground")), here / _OURS, os.symlink)
    _prevent_logs(folder / "logs")
    return binaries


def _prevent_logs(logs: Path) -> None:
    """Put a file where the engine would create its folder of logs; without one it writes none.

    The logs hold every property of every call, encrypted and compressed. For a site with
    an overlay that took two thirds of the processor time of an update without changes, and 10 MB
    each time. The engine has no setting for it.
    """
    if logs.is_dir():
        shutil.rmtree(logs)
    logs.touch()


def _plugin(folder: Path, name: str, version: str) -> Path:
    return folder / "plugins" / f"{name.removeprefix('pulumi-')}-v{version}" / name


def _put(place: Path, source: Path, how: Callable[[Path, Path], object]) -> None:
    """Replace a file in one step: an engine may run from it."""
    if place.exists() and place.samefile(source):
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    aside = place.with_name(f".{place.name}.{os.getpid()}")
    aside.unlink(missing_ok=True)
    how(source, aside)
    aside.replace(place)


def _same_file(source: Path, place: Path) -> None:
    try:
        os.link(source, place)
    except OSError:  # on another file system
        shutil.copy2(source, place)
