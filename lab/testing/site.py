"""A whole site on a lab as its operator meets it: `activate`, pulumi, kubectl, and SSH."""

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

    from lab.instance import Instance

__all__ = ["Operator"]

TOP = Path(__file__).resolve().parents[2]
READ_THE_FILE = ("config", "destroy", "preview", "up")
PULUMI_S = 900.0
KUBECTL_S = 120.0
CONFORMANCE_S = 1800.0


@dataclass(frozen=True)
class Operator:
    """Somebody who types an operator's commands for one site.

    Args:
        instance: The lab that the site is on.
        config: A copy of the site's file, so that what a test changes stays out of the repository.
    """

    instance: Instance
    config: Path

    @classmethod
    def of(cls, instance: Instance, folder: Path) -> Operator:
        """Begin with the site's file as it is in the repository."""
        config = folder / f"Pulumi.{instance.site}.yaml"
        shutil.copy(TOP / "stacks" / "sites" / config.name, config)
        operator = cls(instance, config)
        # `activate` makes the stack, and puts the salt into the repository's file
        operator.type("pulumi", "cancel", "--yes")  # an interrupted run's lock
        shutil.copy(TOP / "stacks" / "sites" / config.name, config)
        return operator

    def type(self, *command: str, seconds: float = PULUMI_S) -> subprocess.CompletedProcess[str]:
        """Type a command in a shell that was activated for the site."""
        return self._shell(
            '. ./activate "$1" > /dev/null; shift; exec "$@"', *command, seconds=seconds
        )

    def _shell(
        self, script: str, *words: str, seconds: float = PULUMI_S
    ) -> subprocess.CompletedProcess[str]:
        """Run a script in a new shell in the repository; its first word is the site."""
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script, "bash", self.instance.site, *words],
            cwd=TOP,
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds,
        )

    def pulumi(self, *words: str) -> str:
        """Run pulumi with the site's file; return what it printed."""
        done = self.refused(*words)
        assert done.returncode == 0, f"pulumi {words[0]}:\n{done.stdout}{done.stderr}"  # noqa: S101
        return done.stdout

    def refused(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run pulumi with the site's file, however it ends."""
        file = [f"--config-file={self.config}"] if words[0] in READ_THE_FILE else []
        return self.type("pulumi", "--non-interactive", "--color=never", *words, *file)

    def up(self) -> str:
        """Deploy what the site's file says."""
        return self.pulumi("up", "--yes", "--skip-preview")

    @contextmanager
    def making_up(self, log: Path) -> Iterator[subprocess.Popen[bytes]]:
        """Type `make up`, a process group like a terminal's; what it says goes to a file."""
        command = ["make", "up", f"SITE={self.instance.site}"]
        with (
            log.open("wb") as said,
            subprocess.Popen(
                command, cwd=TOP, stdout=said, stderr=subprocess.STDOUT, start_new_session=True
            ) as run,
        ):
            try:
                yield run
            finally:
                if run.poll() is None:
                    os.killpg(run.pid, signal.SIGKILL)

    def activated(self) -> str:
        """Return what `activate` says in a new shell."""
        done = self._shell('. ./activate "$1"')
        assert done.returncode == 0, done.stderr  # noqa: S101
        return done.stdout

    def changes(self) -> dict[str, int]:
        """Return what the last update did: operation -> how many resources."""
        last = json.loads(self.pulumi("stack", "history", "--json", "--page-size=1"))[0]
        return dict(last["resourceChanges"])

    def workers(self, count: int) -> None:
        """Write into the site's file how many workers there shall be."""
        self.pulumi("config", "set", "--path", "foreground:machines.t4.count", str(count))

    def outputs(self) -> dict[str, Any]:
        """Return what the site says of itself."""
        return dict(json.loads(self.pulumi("stack", "output", "--json")))

    def kubectl(self, *words: str) -> str:
        """Run kubectl with the KUBECONFIG that `activate` put in place."""
        done = self.type("kubectl", *words, seconds=KUBECTL_S)
        assert done.returncode == 0, f"kubectl {' '.join(words)}: {done.stderr}"  # noqa: S101
        return done.stdout

    def welcome(self) -> str:
        """Ask what there is to try, as `make up` does at its end."""
        done = self.type("python", "-m", "lab", "welcome", self.instance.site)
        assert done.returncode == 0, done.stderr  # noqa: S101
        return done.stdout

    def conformance(
        self, marked: str, *options: str, seconds: float = CONFORMANCE_S
    ) -> subprocess.CompletedProcess[str]:
        """Have the site judged as docs/how-to/judge-a-site.md says, whatever comes of it."""
        people = names.folder(self.instance) / "people.yaml"
        return self.type(
            *("pytest", "conformance", f"--stack={self.instance.site}", f"--people={people}"),
            *("--cannot-show=lab/cannot-show.txt", "-m", marked, *options),
            seconds=seconds,
        )

    def pod_ranges(self) -> dict[str, IPv4Network]:
        """Return the range of the pods on each node."""
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
