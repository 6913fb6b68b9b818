"""What a site's cluster says of itself: events, nodes, pods, jobs, as evidence without secrets."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["told"]

KUBECTL: Final = Path(sys.executable).with_name("kubectl")
REQUEST_S: Final = 10
ANSWER_S: Final = 30.0
_EVERYWHERE: Final = "--all-namespaces"
QUESTIONS: Final = {
    "events": ["get", "events", _EVERYWHERE, "--sort-by=.lastTimestamp"],
    "nodes": ["describe", "nodes"],
    "pods": ["describe", "pods", _EVERYWHERE],
    "deployments": ["describe", "deployments,daemonsets", _EVERYWHERE],
    "jobs": ["describe", "jobs", _EVERYWHERE],
    "workloads": ["describe", "workloads.kueue.x-k8s.io", _EVERYWHERE],
}
_NAMED: Final = r"\w*(?i:TOKEN|SECRET|PASS|PWD|KEY|COOKIE|CREDENTIAL)\w*"
_MORE: Final = r"(?:\n(?!\s*[\w./() -]+:(?:\s|$)).*)*"
"""Further lines of a value, up to the next name."""
_HIDDEN: Final = (
    re.compile(rf"^(\s+{_NAMED}:[ \t]+)\S.*{_MORE}$", re.MULTILINE),
    re.compile(rf"^(\s+Name:[ \t]+{_NAMED}\n\s+Value:[ \t]+)\S.*{_MORE}$", re.MULTILINE),
    re.compile(r"(--?[\w-]*(?:token|secret|password)[\w-]*[= \t]+)\S+"),
)
"""In the environment of a pod, where a session's own token stands; in that of a workload, which is
described otherwise; in arguments."""


def told(kubeconfig: Path) -> Iterator[tuple[str, str]]:
    """Ask all questions; yield a file's name and its text.

    Args:
        kubeconfig: An administrator's. Without it there is nobody to ask, and nothing to tell.
    """
    if not kubeconfig.is_file():
        return
    for name, words in QUESTIONS.items():
        said, answers = _asked(kubeconfig, words)
        for hidden in _HIDDEN:
            said = hidden.sub(r"\1***", said)
        yield f"kubernetes-{name}.txt", said
        if not answers and name == "events":  # whoever has no events answers nothing else either
            return


def _asked(kubeconfig: Path, words: list[str]) -> tuple[str, bool]:
    """Return what kubectl says, and whether it was an answer."""
    command = [
        str(KUBECTL),
        f"--kubeconfig={kubeconfig}",
        f"--request-timeout={REQUEST_S}s",
        *words,
    ]
    here = {**os.environ, "NO_PROXY": "*", "no_proxy": "*"}
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=ANSWER_S, env=here
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"no answer: {error}\n", False
    return done.stdout + done.stderr, done.returncode == 0
