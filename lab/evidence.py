"""Evidence folder: logs, network state and cluster events after an error, without secrets.

The last five folders are kept, outside the sites' states, so that `reset` does not remove them.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import yaml

from lab import cgroups, clouds, cluster_diagnostics, status
from lab.instance import STATE
from lab.namespaces import NAMESPACES, entered, is_namespace
from lab.private_files import write_private

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lab.instance import LabInstance

__all__ = ["gather"]

KEPT = 5
TAIL = 4 << 20
COMMANDS = {
    "links.txt": ["ip", "-details", "address"],
    "routes.txt": ["ip", "route"],
    "packet-filter.txt": ["nft", "list", "ruleset"],
    "sockets.txt": ["ss", "-tunap"],
}
API_S = 20.0


def gather(instance: LabInstance) -> Path:
    """Write the evidence of a lab and its cluster; return the folder."""
    top = STATE / "evidence"
    folder = top / f"{instance.site}-{time.strftime('%Y%m%d-%H%M%S')}"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    secrets = [word for word in _secrets(instance) if word]
    for name, text in _texts(instance):
        for word in secrets:
            text = text.replace(word, "***")  # noqa: PLW2901
        write_private(folder / name, text)
    older = sorted(top.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)[KEPT:]
    for path in older:
        shutil.rmtree(path, ignore_errors=True)
    return folder


def _texts(instance: LabInstance) -> Iterator[tuple[str, str]]:
    for log in (*instance.state.glob("logs/*.log"), *instance.state.glob("cloud/log/*.log")):
        yield f"{log.parent.parent.name}-{log.name}", _tail(log)
    for console in instance.state.glob("cloud/nova/machines/*/console.log"):
        yield f"console-{console.parent.name}.log", _tail(console)
    for log in instance.state.glob("cloud/nova/machines/*/supervisor.log"):
        yield f"supervisor-{log.parent.name}.log", _tail(log)
    if is_namespace(NAMESPACES / instance.netns):
        with entered(NAMESPACES / instance.netns):
            for name, command in COMMANDS.items():
                yield name, _output(command)
    yield "status.txt", "\n".join(status.lines(instance))
    pids = ",".join(map(str, sorted(cgroups.processes(instance.cgroup))))
    if pids:
        yield "processes.txt", _output(["ps", "-o", "pid,ppid,stat,etime,rss,args", "-p", pids])
    yield "servers.txt", _servers(instance)
    yield from cluster_diagnostics.collect(instance.state / "kubeconfig")


def _servers(instance: LabInstance) -> str:
    try:
        cloud = clouds.connect(instance, admin=True)
        cloud.config.config["api_timeout"] = API_S
        servers = [server.to_dict() for server in cloud.compute.servers(all_projects=True)]
    except Exception as error:  # noqa: BLE001  # the rest of the evidence is still worth having
        return f"no list of servers: {error}"
    for server in servers:
        server.pop("user_data", None)
    return json.dumps(servers, indent=1, default=str)


def _secrets(instance: LabInstance) -> Iterator[str]:
    with suppress(OSError, ValueError):
        yield from json.loads((instance.state / "cloud" / "secrets.json").read_text()).values()
    with suppress(OSError, KeyError):
        entries = yaml.safe_load(clouds.clouds_file(instance).read_text())["clouds"]
        yield from (entry["auth"]["password"] for entry in entries.values())
    identity = instance.state / "identity"
    hidden = (*identity.glob("password-*"), *identity.glob("secret-*"))
    for file in (*hidden, instance.state / "passphrase"):
        with suppress(OSError):
            yield file.read_text().strip()


def _output(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=API_S)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"no answer: {error}\n"
    return done.stdout + done.stderr


def _tail(log: Path) -> str:
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - TAIL))
        return file.read().decode(errors="replace")
