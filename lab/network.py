"""Network namespace of a lab: loopback, and a bridge with the address of mirror and DNS server."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from infra.errors import ForegroundError
from lab.namespaces import NAMESPACES, entered, is_namespace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lab.instance import LabInstance

__all__ = ["BRIDGE", "make", "namespaces", "remove"]

BRIDGE = "lab0"


def make(instance: LabInstance) -> bool:
    """Create the namespace unless it exists; return whether it was created."""
    namespace = NAMESPACES / instance.netns
    new = not is_namespace(namespace)
    if new:
        namespace.unlink(
            missing_ok=True
        )  # an interrupted start created the file, but not the mount
        _run("ip", "netns", "add", instance.netns)
    with entered(namespace):
        _run("ip", "link", "set", "lo", "up")
        if BRIDGE not in _run("ip", "-brief", "link", "show", "type", "bridge"):
            _run("ip", "link", "add", BRIDGE, "type", "bridge")
        _run("ip", "address", "replace", f"{instance.inside}/24", "dev", BRIDGE)
        _run("ip", "link", "set", BRIDGE, "up")
    return new


def remove(instance: LabInstance) -> None:
    """Remove the namespaces of the site and of its machines, with all links and rules in them."""
    for namespace in namespaces(instance):
        if is_namespace(namespace):
            _run("ip", "netns", "delete", namespace.name)
        namespace.unlink(
            missing_ok=True
        )  # a machine's namespace is mounted in its supervisor's mount namespace only


def namespaces(instance: LabInstance) -> list[Path]:
    """Return the existing namespaces of the site and of its machines."""
    return sorted(_named(instance))


def _named(instance: LabInstance) -> Iterator[Path]:
    site = NAMESPACES / instance.netns
    if site.exists():
        yield site
    yield from NAMESPACES.glob(f"{instance.netns}-" + 8 * "[0-9a-f]")


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ForegroundError(f"'{' '.join(command)}' failed: {done.stderr.strip()}")
    return done.stdout
