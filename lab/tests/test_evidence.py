"""Evidence of the cluster: what it contains, what is removed, and what happens without an API."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lab import __main__ as command
from lab import cluster_diagnostics, evidence
from lab.instance import LabInstance

if TYPE_CHECKING:
    from pathlib import Path

WORKING = """#!/bin/sh
echo "arguments: $*"
case "$*" in *"describe pods"*)
  printf '    Environment:\\n      JUPYTERHUB_API_TOKEN:  abc123\\n'
  printf '      my_key:  begin\\nabc123\\nend\\n      HOME:  /home/ada\\n'
  printf '    Args:\\n      --token=abc123\\n' ;;
*"describe workloads"*)
  printf '  Env:\\n    Name:   API_TOKEN\\n    Value:  abc123\\n    Name:  N\\n    Value:  7\\n' ;;
esac
"""
REFUSING = "#!/bin/sh\necho 'The connection to the server was refused' >&2; exit 1\n"


@pytest.fixture
def kubectl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    program = tmp_path / "kubectl"
    monkeypatch.setattr(cluster_diagnostics, "KUBECTL", program)
    return program


def collected(kubectl: Path, script: str) -> dict[str, str]:
    """Return the files that are collected when kubectl is this script."""
    kubectl.write_text(script)
    kubectl.chmod(0o755)
    config = kubectl.with_name("kubeconfig")
    config.touch()
    return dict(cluster_diagnostics.collect(config))


def test_events_and_descriptions_are_collected(kubectl: Path) -> None:
    files = collected(kubectl, WORKING)
    assert "get events --all-namespaces" in files["kubernetes-events.txt"]
    for what in ("nodes", "pods", "jobs", "workloads"):
        assert f"describe {what}" in files[f"kubernetes-{what}.txt"]


def test_a_token_in_the_environment_of_a_session_is_removed(kubectl: Path) -> None:
    pods = collected(kubectl, WORKING)["kubernetes-pods.txt"]
    assert "abc123" not in pods
    assert "JUPYTERHUB_API_TOKEN:  ***" in pods
    assert "HOME:  /home/ada" in pods


def test_a_token_in_the_environment_of_a_workload_is_removed(kubectl: Path) -> None:
    workloads = collected(kubectl, WORKING)["kubernetes-workloads.txt"]
    assert "abc123" not in workloads
    assert "Value:  7" in workloads


def test_an_api_that_refuses_connections_is_called_once_and_its_error_is_kept(
    kubectl: Path,
) -> None:
    files = collected(kubectl, REFUSING)
    assert list(files) == ["kubernetes-events.txt"]
    assert "was refused" in files["kubernetes-events.txt"]


def test_an_api_that_hangs_is_given_up_after_a_timeout(
    kubectl: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster_diagnostics, "ANSWER_S", 0.1)
    files = collected(kubectl, "#!/bin/sh\nexec sleep 60\n")
    assert "no answer" in files["kubernetes-events.txt"]


def test_without_a_kubeconfig_nothing_is_collected(tmp_path: Path) -> None:
    assert list(cluster_diagnostics.collect(tmp_path / "kubeconfig")) == []


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LabInstance:
    for module in ("lab.instance", "lab.evidence"):
        monkeypatch.setattr(f"{module}.STATE", tmp_path)
    return LabInstance("here", 7)


def test_the_evidence_folder_contains_the_diagnostics_of_the_cluster(
    instance: LabInstance, kubectl: Path
) -> None:
    instance.state.mkdir()
    (instance.state / "kubeconfig").touch()
    kubectl.write_text(WORKING)
    kubectl.chmod(0o755)
    folder = evidence.gather(instance)
    assert "get events" in (folder / "kubernetes-events.txt").read_text()
    assert (folder / "kubernetes-pods.txt").stat().st_mode & 0o077 == 0


def test_a_command_that_hangs_is_given_up_after_a_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence, "API_S", 0.1)
    assert "no answer" in evidence._output(["sleep", "60"])


def test_the_evidence_command_prints_the_folder(
    instance: LabInstance, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["lab", "evidence", instance.site])
    assert command.main() == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith(f"what may explain it: {instance.state.parent}/evidence/here-")
