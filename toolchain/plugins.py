"""The folder in which Pulumi's engine lies, and finds its plugins."""

from __future__ import annotations

import os
import shutil
import sys
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Final

from infra import versions
from toolchain import cache
from toolchain.programs import named

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["pulumi_home"]

_UPSTREAM: Final = {
    "pulumi-resource-openstack": versions.PULUMI_OPENSTACK,
    "pulumi-resource-kubernetes": versions.PULUMI_KUBERNETES,
}
_OURS: Final = "pulumi-resource-site"
_LANGUAGE_HOST: Final = "pulumi-language-python"


def pulumi_home(folder: Path) -> Path:
    """Make this folder a PULUMI_HOME; its bin belongs on PATH. Safe to repeat.

    With PULUMI_IGNORE_AMBIENT_PLUGINS=true the engine takes what is here and nothing from PATH,
    and does not warn at each command that it did.

    Returns:
        The folder of `pulumi`.

    Raises:
        ForegroundError: The engine is not built yet.
    """
    held = cache.standard()
    here = Path(sys.executable).parent  # of the environment, where our own plugins are installed
    binaries = folder / "bin"
    # no link by name: the engine looks for language hosts beside its file, wherever a link points
    _put(binaries / "pulumi", held.path(named("pulumi")), _same_file)
    _put(binaries / _LANGUAGE_HOST, here / _LANGUAGE_HOST, os.symlink)
    for name, version in _UPSTREAM.items():
        built = held.place(named(name))
        if built.is_file():
            _put(_plugin(folder, name, version), built, os.symlink)
    _put(_plugin(folder, _OURS, metadata.version("foreground")), here / _OURS, os.symlink)
    _keep_no_logs(folder / "logs")
    return binaries


def _keep_no_logs(logs: Path) -> None:
    """Have a file where the engine would make its folder of logs; then it goes on without.

    It writes every property of every call there, encrypted and packed: of a site with an overlay
    two thirds of the processor time of an update that changes nothing, and 10 MB each time. There
    is no setting for it.
    """
    if logs.is_dir():
        shutil.rmtree(logs)
    logs.touch()


def _plugin(folder: Path, name: str, version: str) -> Path:
    return folder / "plugins" / f"{name.removeprefix('pulumi-')}-v{version}" / name


def _put(place: Path, source: Path, how: Callable[[Path, Path], object]) -> None:
    """Replace what is there in one step: an engine may be running from it."""
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
