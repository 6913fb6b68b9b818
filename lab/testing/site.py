"""Operator of a site on a lab: runs `activate`, pulumi, kubectl and pytest as an operator does."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab.identity import names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lab.instance import LabInstance

__all__ = ["Operator"]

TOP = Path(__file__).resolve().parents[2]
READ_THE_FILE = ("config", "destroy", "preview", "up")
PULUMI_S = 900.0
KUBECTL_S = 120.0
CONFORMANCE_S = 1800.0


@dataclass(frozen=True)
class Operator:
    """Operator of one site, who runs commands in the repository.

    Args:
        instance: The lab of the site.
        config: A copy of the site file, so that changes of tests stay out of the repository.
    """

    instance: LabInstance
    config: Path

    @classmethod
    def of(cls, instance: LabInstance, folder: Path) -> Operator:
        """Return an operator with a copy of the site file in the repository."""
        config = folder / f"Pulumi.{instance.site}.yaml"
        shutil.copy(TOP / "stacks" / "sites" / config.name, config)
        operator = cls(instance, config)
        # `activate` creates the stack, and writes the salt into the file of the repository
        operator.type("pulumi", "cancel", "--yes")  # removes the lock of an interrupted run
        shutil.copy(TOP / "stacks" / "sites" / config.name, config)
        return operator

    def type(self, *command: str, seconds: float = PULUMI_S) -> subprocess.CompletedProcess[str]:
        """Run a command in a shell in which `activate` was sourced for the site."""
        return self._shell(
            '. ./activate "$1" > /dev/null; shift; exec "$@"', *command, seconds=seconds
        )

    def _shell(
        self, script: str, *words: str, seconds: float = PULUMI_S
    ) -> subprocess.CompletedProcess[str]:
        """Run a script in a new shell in the repository; its first argument is the site."""
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script, "bash", self.instance.site, *words],
            cwd=TOP,
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds,
        )

    def pulumi(self, *words: str) -> str:
        """Run pulumi with the site file; return its output."""
        done = self.refused(*words)
        assert done.returncode == 0, f"pulumi {words[0]}:\n{done.stdout}{done.stderr}"  # noqa: S101
        return done.stdout

    def refused(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run pulumi with the site file; return the completed process, also after a failure."""
        file = [f"--config-file={self.config}"] if words[0] in READ_THE_FILE else []
        return self.type("pulumi", "--non-interactive", "--color=never", *words, *file)

    def up(self) -> str:
        """Run `pulumi up` with the site file."""
        return self.pulumi("up", "--yes", "--skip-preview")

    @contextmanager
    def making_up(self, log: Path) -> Iterator[subprocess.Popen[bytes]]:
        """Run `make up` in a process group of its own for the block; it writes to a log file."""
        command = ["make", "up", f"SITE={self.instance.site}"]
        with (
            log.open("wb") as output,
            subprocess.Popen(
                command, cwd=TOP, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
            ) as run,
        ):
            try:
                yield run
            finally:
                if run.poll() is None:
                    os.killpg(run.pid, signal.SIGKILL)

    def activated(self) -> str:
        """Return the output of `activate` in a new shell."""
        done = self._shell('. ./activate "$1"')
        assert done.returncode == 0, done.stderr  # noqa: S101
        return done.stdout

    def changes(self) -> dict[str, int]:
        """Return the number of resources by operation in the last update."""
        last = json.loads(self.pulumi("stack", "history", "--json", "--page-size=1"))[0]
        return dict(last["resourceChanges"])

    def workers(self, count: int) -> None:
        """Set the number of workers in the site file."""
        self.pulumi("config", "set", "--path", "foreground:machines.t4.count", str(count))

    def outputs(self) -> dict[str, Any]:
        """Return the stack outputs of the site."""
        return dict(json.loads(self.pulumi("stack", "output", "--json")))

    def kubectl(self, *words: str) -> str:
        """Run kubectl with the KUBECONFIG that `activate` sets; return its output."""
        done = self.type("kubectl", *words, seconds=KUBECTL_S)
        assert done.returncode == 0, f"kubectl {' '.join(words)}: {done.stderr}"  # noqa: S101
        return done.stdout

    def welcome(self) -> str:
        """Run the lab's `welcome` command, as `make up` does at its end; return its output."""
        done = self.type("python", "-m", "lab", "welcome", self.instance.site)
        assert done.returncode == 0, done.stderr  # noqa: S101
        return done.stdout

    def conformance(
        self, marked: str, *options: str, seconds: float = CONFORMANCE_S
    ) -> subprocess.CompletedProcess[str]:
        """Run the conformance suite as docs/how-to/judge-a-site.md says; return its process."""
        people = names.folder(self.instance) / "people.yaml"
        return self.type(
            *("pytest", "conformance", f"--stack={self.instance.site}", f"--people={people}"),
            *("--cannot-show=lab/cannot-show.txt", "-m", marked, *options),
            seconds=seconds,
        )

    def pod_ranges(self) -> dict[str, IPv4Network]:
        """Return the Pod CIDR of each node."""
        return {n["metadata"]["name"]: IPv4Network(n["spec"]["podCIDR"]) for n in self._nodes()}

    def ready_nodes(self) -> dict[str, str]:
        """Return name -> uid of every node that is Ready."""
        return {
            node["metadata"]["name"]: node["metadata"]["uid"]
            for node in self._nodes()
            if {"type": "Ready", "status": "True"}.items()
            <= next(c for c in node["status"]["conditions"] if c["type"] == "Ready").items()
        }

    def _nodes(self) -> list[dict[str, Any]]:
        nodes: list[dict[str, Any]] = json.loads(self.kubectl("get", "nodes", "--output=json"))[
            "items"
        ]
        return nodes
