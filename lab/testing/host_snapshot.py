"""Snapshot of the host's kernel objects, to be compared before a lab and after it.

Other labs may start and end meanwhile; their objects are left out, by name.
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from lab import cgroups
from lab.instance import RUN
from lab.namespaces import NAMESPACES

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["take"]

SHARED = "settings that all labs share"
"""These stay while any lab is up (`lab.host_settings`), so they are compared only for the last."""
SHARED_SYSCTLS = ("fs.inotify.max_user_instances", "user.max_inotify_instances")

# values that change on any machine
RESTLESS = re.compile(
    r"fs\.(dentry-state|file-nr|inode|quota)|kernel\.(random|ns_last_pid|pty|perf|sched)"
    r"|vm\.stat|net\..*(_count|mem|last)|dev\.cdrom|kernel\.keys|net\.ipv4\.tcp_fastopen_key"
)


def take(site: str) -> dict[str, set[str]]:
    """Return the names of the host's kernel objects, by kind."""
    found = {
        "processes of the site": set(_processes(site)),
        "network namespaces": set(_network_namespaces(site)),
        "named namespaces": set(_names(NAMESPACES, site)),
        "mounts": set(_others_left_out(_lines("/proc/self/mounts"), site)),
        "links": set(_words(0, "ip", "-brief", "link", "show")),
        "addresses": set(_words(0, "ip", "-oneline", "address", "show")),
        "packet filter": set(_output("nft", "list", "ruleset").splitlines()),
        "control groups": set(_control_groups(site)),
        "loop devices": set(_loop_devices(site)),
        "sysctls": {line for line in _sysctls() if not line.startswith(SHARED_SYSCTLS)},
        "files of /run": set(_names(Path("/run"), site)) - {RUN.name}
        | set(_names(Path("/run/systemd"), site)),
    }
    if not _other_labs(site):
        found[SHARED] = set(_shared())
    return found


def _other_labs(site: str) -> list[str]:
    folder = RUN / "host" / "labs"
    return sorted({path.name for path in folder.glob("*")} - {site})


def _shared() -> Iterator[str]:
    yield from (line for line in _sysctls() if line.startswith(SHARED_SYSCTLS))
    if RUN.exists():
        yield str(RUN)


def _processes(site: str) -> Iterator[str]:
    """Yield processes in the site's control groups, or with its folders as arguments."""
    marks = (f"foreground-{site}/", f"/foreground/{site}/", f"fg-{site}")
    for folder in Path("/proc").glob("[0-9]*"):
        if int(folder.name) == os.getpid():
            continue
        try:
            command = (folder / "cmdline").read_text().replace("\0", " ")
            group = (folder / "cgroup").read_text()
        except (OSError, UnicodeDecodeError):
            continue  # it has ended
        # a zombie has no command line
        if command and any(mark in group + command for mark in marks):
            yield f"{folder.name} {command}"


def _network_namespaces(site: str) -> Iterator[str]:
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            namespace, group = (folder / "ns/net").readlink(), (folder / "cgroup").read_text()
        except OSError:
            continue
        if not _of_another_lab(group, site):
            yield str(namespace)


def _control_groups(site: str) -> Iterator[str]:
    for hierarchy in cgroups.hierarchies():
        for folder in hierarchy.iterdir():
            if folder.is_dir() and not _of_another_lab(f"/{folder.name}/", site):
                yield str(folder)


def _loop_devices(site: str) -> Iterator[str]:
    for backing in Path("/sys/block").glob("loop*/loop/backing_file"):
        yield from _others_left_out([backing.read_text().strip()], site)


def _sysctls() -> Iterator[str]:
    for line in _output("sysctl", "--all").splitlines():
        if not RESTLESS.match(line):
            yield line


def _names(folder: Path, site: str) -> Iterator[str]:
    if folder.is_dir():
        yield from _others_left_out([path.name for path in folder.iterdir()], site)


def _others_left_out(names: list[str], site: str) -> Iterator[str]:
    return (name for name in names if not _of_another_lab(f"/{name}/", site))


def _of_another_lab(text: str, site: str) -> bool:
    found = re.search(r"(?:foreground-|/foreground/|/fg-)([a-z][a-z0-9-]*)", text)
    return bool(found) and not (found and found[1].startswith(site))


def _lines(path: str) -> list[str]:
    return Path(path).read_text().splitlines()


def _words(column: int, *command: str) -> list[str]:
    return [line.split()[column] for line in _output(*command).splitlines()]


def _output(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout
