"""Cluster diagnostics by kubectl: events, nodes, pods, jobs, workloads; secrets are removed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["collect"]

KUBECTL: Final = Path(sys.executable).with_name("kubectl")
REQUEST_S: Final = 10
ANSWER_S: Final = 30.0
_EVERYWHERE: Final = "--all-namespaces"
COMMANDS: Final = {
    "events": ["get", "events", _EVERYWHERE, "--sort-by=.lastTimestamp"],
    "nodes": ["describe", "nodes"],
    "pods": ["describe", "pods", _EVERYWHERE],
    "deployments": ["describe", "deployments,daemonsets", _EVERYWHERE],
    "jobs": ["describe", "jobs", _EVERYWHERE],
    "workloads": ["describe", "workloads.kueue.x-k8s.io", _EVERYWHERE],
}
_NAMED: Final = r"\w*(?i:TOKEN|SECRET|PASS|PWD|KEY|COOKIE|CREDENTIAL)\w*"
_MORE: Final = r"(?:\n(?!\s*[\w./() -]+:(?:\s|$)).*)*"
"""Further lines of a value with several lines, up to the next name."""
_HIDDEN: Final = (
    re.compile(rf"^(\s+{_NAMED}:[ \t]+)\S.*{_MORE}$", re.MULTILINE),
    re.compile(rf"^(\s+Name:[ \t]+{_NAMED}\n\s+Value:[ \t]+)\S.*{_MORE}$", re.MULTILINE),
    re.compile(r"(--?[\w-]*(?:token|secret|password)[\w-]*[= \t]+)\S+"),
)
"""Secrets in the output of `kubectl describe`: in the environment of a Pod, in the environment of
a Workload (another format), and in command line arguments."""


def collect(kubeconfig: Path) -> Iterator[tuple[str, str]]:
    """Run all commands; yield the name and the text of each file.

    Args:
        kubeconfig: File of an administrator; without it nothing is collected.
    """
    if not kubeconfig.is_file():
        return
    for name, words in COMMANDS.items():
        text, answered = _run(kubeconfig, words)
        for hidden in _HIDDEN:
            text = hidden.sub(r"\1***", text)
        yield f"kubernetes-{name}.txt", text
        if not answered and name == "events":  # the API server is down: spare the other timeouts
            return


def _run(kubeconfig: Path, words: list[str]) -> tuple[str, bool]:
    """Return the output of kubectl, and whether it succeeded."""
    command = [
        str(KUBECTL),
        f"--kubeconfig={kubeconfig}",
        f"--request-timeout={REQUEST_S}s",
        *words,
    ]
    environment = {**os.environ, "NO_PROXY": "*", "no_proxy": "*"}
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=ANSWER_S, env=environment
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"no answer: {error}\n", False
    return done.stdout + done.stderr, done.returncode == 0
