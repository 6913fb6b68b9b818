"""OpenStack in a lab: its own Python environment, its six services, and what they are told."""

from __future__ import annotations

import hashlib
import http
import http.client
import json
import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from infra.errors import ForegroundError
from lab import cgroups, flavors
from lab.daemon import Daemon
from lab.namespaces import NAMESPACES, connect
from lab.private import write_private
from lab.way_in import API_PORTS
from toolchain import folders

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lab.instance import Instance
    from lab.progress import Progress

__all__ = ["HOSTS", "labcloud", "services", "up", "wait"]

CLOUD = Path(__file__).parent / "cloud"
PYTHON = CLOUD / ".venv" / "bin" / "python"
STAMP = CLOUD / ".venv" / "made-from"
VARIABLE = "FOREGROUND_CLOUD"
HOSTS = tuple(f"rack-{number}" for number in range(1, 5))
ITS_CLOCK = re.compile(r"^ *[0-9.]+ s +")
START_S = 120.0
"""Six Python processes start at once; on two busy cores that takes a minute."""


def up(instance: Instance, progress: Progress) -> bool:
    """Start every service that does not run as it should; return whether there was one."""
    daemons = list(services(instance))
    if all(daemon.runs() for daemon in daemons):
        return False
    environment(progress)
    labcloud(instance, "labcloud", "prepare", progress=progress)
    for daemon in daemons:
        if daemon.start():
            progress.say(f"{daemon.name} starts")
    return True


def wait(instance: Instance) -> None:
    """Return once all services answer.

    Raises:
        ForegroundError: one died, or does not answer; its log is named.
    """
    for daemon in services(instance):
        daemon.ready(lambda name=daemon.name: _answers(instance, name), START_S)  # type: ignore[misc]


def services(instance: Instance) -> Iterator[Daemon]:
    """Return the six services, in the order in which they need one another."""
    for name in API_PORTS:
        yield Daemon(
            instance,
            name,
            [PYTHON, "-P", "-m", "labcloud", "serve", name],
            settings=_sources() + _settings(instance).read_text(),
            environment={VARIABLE: str(_settings(instance))},
        )


def environment(progress: Progress) -> None:
    """Have the environment of lab/cloud as its lock says."""
    lock = "".join((CLOUD / name).read_text() for name in ("pyproject.toml", "uv.lock"))
    wanted = hashlib.sha256(lock.encode()).hexdigest()
    if PYTHON.exists() and STAMP.exists() and STAMP.read_text() == wanted:
        return
    progress.say("OpenStack's Python environment (lab/cloud/.venv)")
    uv = Path(sys.executable).with_name("uv")
    done = subprocess.run(
        [uv, "sync", "--quiet", "--frozen", "--project", CLOUD, "--python", "/usr/bin/python3"],
        env={
            **{name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"},
            "UV_PYTHON_DOWNLOADS": "never",
            "UV_PROJECT_ENVIRONMENT": str(CLOUD / ".venv"),
            "UV_CACHE_DIR": str(folders.root() / "uv" / "cache"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise ForegroundError(
            "uv could not install OpenStack",
            f"look at the lines above; rm -rf {CLOUD / '.venv'} where it is broken",
            details=done.stderr.strip().splitlines()[-6:],
        )
    STAMP.write_text(wanted)


def _settings(instance: Instance) -> Path:
    """Write what labcloud is told."""
    path = instance.state / "cloud.json"
    told = {
        "site": instance.site,
        "state": str(instance.state / "cloud"),
        "run": str(instance.run),
        "listen": str(instance.api),
        "netns": instance.netns,
        "cgroup": instance.cgroup,
        "hosts": HOSTS,
        "accelerator_resources": flavors.resources(),
    }
    write_private(path, json.dumps(told, indent=2))
    return path


def labcloud(instance: Instance, module: str, *words: str | Path, progress: Progress) -> None:
    """Run one of its commands to its end.

    Raises:
        ForegroundError: it failed; its last words say why.
    """
    # in a group of its own: what a killed start left at work would meet the next one
    group = f"{instance.cgroup}/services/{module}"
    cgroups.clear(group)
    cgroups.make(group)
    said: list[str] = []
    with subprocess.Popen(
        cgroups.confined(group, [PYTHON, "-P", "-m", module, *words]),
        env={**os.environ, VARIABLE: str(_settings(instance))},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
    ) as running:
        for line in running.stdout or ():
            said.append(ITS_CLOCK.sub("", line.rstrip()))
            progress.say(said[-1])
    cgroups.clear(group)
    if running.returncode:
        raise ForegroundError(
            f"'{module} {' '.join(map(str, words))}' failed",
            f"python -m lab up {instance.site} tries again from here",
            details=said[-6:],
        )


@cache
def _sources() -> str:
    """Digest of all that a running service was started from."""
    digest = hashlib.sha256((CLOUD / "uv.lock").read_bytes())
    for path in sorted((CLOUD / "src").rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _answers(instance: Instance, service: str) -> bool:
    address = (str(instance.api), API_PORTS[service])
    connection = http.client.HTTPConnection(*address, timeout=5.0)
    try:
        connection.sock = connect(NAMESPACES / instance.netns, address, 5.0)
        connection.request("GET", "/")
        return connection.getresponse().status < http.HTTPStatus.INTERNAL_SERVER_ERROR
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
