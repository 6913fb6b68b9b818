"""Task of the role `runtime` that pulls images, its script run by a real shell.

ctr is a fake that records its arguments: this shows the control flow of the script, not what
containerd does.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import jinja2
import pytest
import yaml

TASKS = Path(__file__).resolve().parents[1] / "roles" / "runtime" / "tasks" / "main.yml"
IMAGE = "mirror.example:5000/foreground/notebooks-session:abc"
CTR = """#!/bin/sh
echo "$*" >> %(folder)s/calls
case "$*" in
  *" check "*) if test -e %(folder)s/pulled; then echo %(image)s; fi ;;
  *" pull "*) %(pull)s ;;
esac
"""
SUCCEEDS = "echo resolving; touch {folder}/pulled"


def run_task(folder: Path, pull: str, patience: int = 60) -> subprocess.CompletedProcess[str]:
    """Run the task for one image, with a fake ctr whose pull runs a shell command."""
    program = folder / "bin" / "ctr"
    program.parent.mkdir()
    parts = {"folder": folder, "image": IMAGE, "pull": pull.format(folder=folder)}
    program.write_text(CTR % parts)
    program.chmod(0o755)
    (task,) = (t for t in yaml.safe_load(TASKS.read_text()) if "runtime_images" in str(t))
    script = jinja2.Template(task["ansible.builtin.shell"]["cmd"]).render(
        runtime_home=folder, runtime_image=IMAGE, runtime_pull_patience=patience
    )
    return subprocess.run(["sh", "-c", script], capture_output=True, check=False, text=True)


def test_a_missing_image_is_pulled_from_the_mirror(tmp_path: Path) -> None:
    done = run_task(tmp_path, SUCCEEDS)
    assert (done.returncode, done.stdout) == (0, "pulled\n")
    assert f"pull --hosts-dir=/etc/containerd/certs.d {IMAGE}" in (tmp_path / "calls").read_text()


def test_a_complete_image_is_not_pulled_again(tmp_path: Path) -> None:
    (tmp_path / "pulled").touch()
    done = run_task(tmp_path, SUCCEEDS)
    assert (done.returncode, done.stdout) == (0, "")
    assert " pull " not in (tmp_path / "calls").read_text()


@pytest.mark.parametrize(
    ("pull", "error"),
    [
        ("echo 'ctr: failed to resolve: not found' >&2; exit 1", "not found"),
        ("exec sleep 30", f"{IMAGE} was not there after 1 s"),
        ("true", ""),  # exit status 0, but the image is not complete
    ],
)
def test_without_the_image_the_task_fails(pull: str, error: str, tmp_path: Path) -> None:
    done = run_task(tmp_path, pull, patience=1)
    assert done.returncode
    assert "pulled" not in done.stdout
    assert error in done.stderr


def test_images_are_pulled_before_the_machine_joins() -> None:
    playbook = yaml.safe_load((TASKS.parents[3] / "site.yml").read_text())
    (join,) = (play for play in playbook if play["name"] == "Join the cluster")
    roles = [role["role"] for role in join["roles"]]
    assert roles.index("runtime") < roles.index("kubernetes")
