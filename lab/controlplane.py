"""OpenStack control plane of a lab: its Python environment, its settings, six daemons."""

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
from lab.forwarding import API_PORTS
from lab.namespaces import NAMESPACES, connect
from lab.private_files import write_private
from toolchain import folders

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lab.instance import LabInstance
    from lab.progress import Progress

__all__ = ["HOSTS", "labcloud", "services", "up", "wait"]

CLOUD = Path(__file__).parent / "cloud"
PYTHON = CLOUD / ".venv" / "bin" / "python"
STAMP = CLOUD / ".venv" / "made-from"
VARIABLE = "FOREGROUND_CLOUD"
HOSTS = tuple(f"rack-{number}" for number in range(1, 5))
OWN_CLOCK = re.compile(r"^ *[0-9.]+ s +")
START_S = 120.0
"""Six Python processes start at once; on two busy cores that takes a minute."""


def up(instance: LabInstance, progress: Progress) -> bool:
    """Start every service that does not run with the current settings; return whether one was."""
    daemons = list(services(instance))
    if all(daemon.runs() for daemon in daemons):
        return False
    environment(progress)
    labcloud(instance, "labcloud", "prepare", progress=progress)
    for daemon in daemons:
        if daemon.start():
            progress.say(f"{daemon.name} starts")
    return True


def wait(instance: LabInstance) -> None:
    """Return when all services answer.

    Raises:
        ForegroundError: A service ended or does not answer; the error names its log.
    """
    for daemon in services(instance):
        daemon.ready(lambda name=daemon.name: _answers(instance, name), START_S)  # type: ignore[misc]


def services(instance: LabInstance) -> Iterator[Daemon]:
    """Return the six services, in the order of their dependencies."""
    for name in API_PORTS:
        yield Daemon(
            instance,
            name,
            [PYTHON, "-P", "-m", "labcloud", "serve", name],
            settings=_sources() + _settings(instance).read_text(),
            environment={VARIABLE: str(_settings(instance))},
        )


def environment(progress: Progress) -> None:
    """Create or update the Python environment of lab/cloud, as its lock file says."""
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
            f"look at the lines above; rm -rf {CLOUD / '.venv'} if the environment is broken",
            details=done.stderr.strip().splitlines()[-6:],
        )
    STAMP.write_text(wanted)


def _settings(instance: LabInstance) -> Path:
    """Write the settings file of labcloud; return its path."""
    path = instance.state / "cloud.json"
    settings = {
        "site": instance.site,
        "state": str(instance.state / "cloud"),
        "run": str(instance.run),
        "listen": str(instance.api),
        "netns": instance.netns,
        "cgroup": instance.cgroup,
        "hosts": HOSTS,
        "accelerator_resources": flavors.resources(),
    }
    write_private(path, json.dumps(settings, indent=2))
    return path


def labcloud(instance: LabInstance, module: str, *words: str | Path, progress: Progress) -> None:
    """Run a command of labcloud and show its output.

    Raises:
        ForegroundError: The command failed; the error has its last lines.
    """
    # in a control group of its own, so that the remains of a killed start can be ended first
    group = f"{instance.cgroup}/services/{module}"
    cgroups.clear(group)
    cgroups.make(group)
    lines: list[str] = []
    with subprocess.Popen(
        cgroups.confined(group, [PYTHON, "-P", "-m", module, *words]),
        env={**os.environ, VARIABLE: str(_settings(instance))},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
    ) as running:
        for line in running.stdout or ():
            lines.append(OWN_CLOCK.sub("", line.rstrip()))
            progress.say(lines[-1])
    cgroups.clear(group)
    if running.returncode:
        raise ForegroundError(
            f"'{module} {' '.join(map(str, words))}' failed",
            f"python -m lab up {instance.site} tries again from here",
            details=lines[-6:],
        )


@cache
def _sources() -> str:
    """Return a digest of the sources and the lock file that the services run with."""
    digest = hashlib.sha256((CLOUD / "uv.lock").read_bytes())
    for path in sorted((CLOUD / "src").rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _answers(instance: LabInstance, service: str) -> bool:
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
