"""What evidence holds of the cluster, and never holds; a cluster that says nothing is no error."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from lab import __main__ as command
from lab import evidence, kubernetes
from lab.instance import Instance

if TYPE_CHECKING:
    from pathlib import Path

ANSWERS = """#!/bin/sh
echo "asked: $*"
case "$*" in *"describe pods"*)
  printf '    Environment:\\n      JUPYTERHUB_API_TOKEN:  abc123\\n'
  printf '      my_key:  begin\\nabc123\\nend\\n      HOME:  /home/ada\\n'
  printf '    Args:\\n      --token=abc123\\n' ;;
*"describe workloads"*)
  printf '  Env:\\n    Name:   API_TOKEN\\n    Value:  abc123\\n    Name:  N\\n    Value:  7\\n' ;;
esac
"""
REFUSES = "#!/bin/sh\necho 'The connection to the server was refused' >&2; exit 1\n"


@pytest.fixture
def kubectl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    program = tmp_path / "kubectl"
    monkeypatch.setattr(kubernetes, "KUBECTL", program)
    return program


def told(kubectl: Path, script: str) -> dict[str, str]:
    """What is told by a kubectl that answers so."""
    kubectl.write_text(script)
    kubectl.chmod(0o755)
    config = kubectl.with_name("kubeconfig")
    config.touch()
    return dict(kubernetes.told(config))


def test_events_and_descriptions_of_what_runs_are_kept(kubectl: Path) -> None:
    said = told(kubectl, ANSWERS)
    assert "get events --all-namespaces" in said["kubernetes-events.txt"]
    for what in ("nodes", "pods", "jobs", "workloads"):
        assert f"describe {what}" in said[f"kubernetes-{what}.txt"]


def test_no_token_of_a_session_is_in_it(kubectl: Path) -> None:
    pods = told(kubectl, ANSWERS)["kubernetes-pods.txt"]
    assert "abc123" not in pods
    assert "JUPYTERHUB_API_TOKEN:  ***" in pods
    assert "HOME:  /home/ada" in pods


def test_no_token_of_a_batch_job_is_in_it(kubectl: Path) -> None:
    workloads = told(kubectl, ANSWERS)["kubernetes-workloads.txt"]
    assert "abc123" not in workloads
    assert "Value:  7" in workloads


def test_an_api_that_does_not_answer_is_asked_once_and_quoted(kubectl: Path) -> None:
    said = told(kubectl, REFUSES)
    assert list(said) == ["kubernetes-events.txt"]
    assert "was refused" in said["kubernetes-events.txt"]


def test_an_api_that_hangs_is_left_after_a_while(
    kubectl: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kubernetes, "ANSWER_S", 0.1)
    said = told(kubectl, "#!/bin/sh\nexec sleep 60\n")
    assert "no answer" in said["kubernetes-events.txt"]


def test_without_a_kubeconfig_there_is_nobody_to_ask(tmp_path: Path) -> None:
    assert list(kubernetes.told(tmp_path / "kubeconfig")) == []


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Instance:
    for module in ("lab.instance", "lab.evidence"):
        monkeypatch.setattr(f"{module}.STATE", tmp_path)
    return Instance("here", 7)


def test_a_folder_of_evidence_has_what_the_cluster_says(instance: Instance, kubectl: Path) -> None:
    instance.state.mkdir()
    (instance.state / "kubeconfig").touch()
    kubectl.write_text(ANSWERS)
    kubectl.chmod(0o755)
    folder = evidence.gather(instance)
    assert "get events" in (folder / "kubernetes-events.txt").read_text()
    assert (folder / "kubernetes-pods.txt").stat().st_mode & 0o077 == 0


def test_a_program_that_hangs_does_not_keep_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    def hangs(*_: object, **__: object) -> None:
        raise subprocess.TimeoutExpired("ip", 20)

    monkeypatch.setattr(subprocess, "run", hangs)
    assert "no answer" in evidence._output(["ip", "route"])


def test_the_command_prints_the_folder(
    instance: Instance, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["lab", "evidence", instance.site])
    assert command.main() == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith(f"what may explain it: {instance.state.parent}/evidence/here-")
