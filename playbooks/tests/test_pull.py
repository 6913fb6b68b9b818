"""A machine has the images that nobody shall wait for, and pulls none twice."""

from __future__ import annotations

import subprocess
from pathlib import Path

import jinja2
import pytest
import yaml

TASKS = Path(__file__).resolve().parents[1] / "roles" / "runtime" / "tasks" / "main.yml"
IMAGE = "mirror.example:5000/foreground/notebooks-session:abc"
CTR = """#!/bin/sh
echo "$*" >> %(folder)s/asked
case "$*" in
  *" check "*) if test -e %(folder)s/there; then echo %(image)s; fi ;;
  *" pull "*) %(pull)s ;;
esac
"""
COMES = "echo resolving; touch {folder}/there"


def ran(folder: Path, pull: str, patience: int = 60) -> subprocess.CompletedProcess[str]:
    """Run the task for one image, with a containerd whose pull does so."""
    program = folder / "bin" / "ctr"
    program.parent.mkdir()
    told = {"folder": folder, "image": IMAGE, "pull": pull.format(folder=folder)}
    program.write_text(CTR % told)
    program.chmod(0o755)
    (task,) = (t for t in yaml.safe_load(TASKS.read_text()) if "runtime_images" in str(t))
    script = jinja2.Template(task["ansible.builtin.shell"]["cmd"]).render(
        runtime_home=folder, runtime_image=IMAGE, runtime_pull_patience=patience
    )
    return subprocess.run(["sh", "-c", script], capture_output=True, check=False, text=True)


def test_an_image_that_is_not_there_is_pulled_by_the_way_of_the_mirror(tmp_path: Path) -> None:
    done = ran(tmp_path, COMES)
    assert (done.returncode, done.stdout) == (0, "pulled\n")
    assert f"pull --hosts-dir=/etc/containerd/certs.d {IMAGE}" in (tmp_path / "asked").read_text()


def test_an_image_that_is_there_is_not_pulled_again(tmp_path: Path) -> None:
    (tmp_path / "there").touch()
    done = ran(tmp_path, COMES)
    assert (done.returncode, done.stdout) == (0, "")
    assert " pull " not in (tmp_path / "asked").read_text()


@pytest.mark.parametrize(
    ("pull", "said"),
    [
        ("echo 'ctr: failed to resolve: not found' >&2; exit 1", "not found"),
        ("exec sleep 30", f"{IMAGE} was not there after 1 s"),
        ("true", ""),  # it says that all went well, and the image is not whole
    ],
)
def test_a_machine_without_its_image_does_not_go_on(pull: str, said: str, tmp_path: Path) -> None:
    done = ran(tmp_path, pull, patience=1)
    assert done.returncode
    assert "pulled" not in done.stdout
    assert said in done.stderr


def test_the_images_are_there_before_the_machine_joins() -> None:
    playbook = yaml.safe_load((TASKS.parents[3] / "site.yml").read_text())
    (join,) = (play for play in playbook if play["name"] == "Join the cluster")
    roles = [role["role"] for role in join["roles"]]
    assert roles.index("runtime") < roles.index("kubernetes")
