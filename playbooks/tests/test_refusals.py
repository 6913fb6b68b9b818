"""Refusals of the roles `kubernetes` and `storage`: one sentence, before any change.

The role `kubernetes` runs in the real Ansible on this machine. The script of `storage` runs in a
real shell with fakes of blkid and mkfs: this shows its control flow, not what the tools do.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import jinja2
import pytest
import yaml

ROLES = Path(__file__).resolve().parents[1] / "roles"
PROGRAM = Path(sys.executable).with_name("ansible-playbook")
WIPEFS = "wipefs --all"

JOINED = {"kubernetes": "1.36.4", "pods": "10.93.0.0/16", "services": "10.94.0.0/16"}
WANTED = {
    "kubernetes_version": "1.36.4",
    "kubernetes_pod_cidr": "10.93.0.0/16",
    "kubernetes_service_cidr": "10.94.0.0/16",
}


def run_role(folder: Path, wanted: dict[str, str], mark: dict[str, str]) -> str:
    """Run the role kubernetes on this machine, with that mark, where no program can be fetched."""
    (folder / "mark").write_text(json.dumps(mark))
    play = {"hosts": "control", "gather_facts": False, "roles": [str(ROLES / "kubernetes")]}
    (folder / "site.yml").write_text(yaml.safe_dump([play]))
    here = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    hosts = {"control": {"hosts": {"control-0": here}}}
    (folder / "hosts.yml").write_text(yaml.safe_dump({"all": {"children": hosts}}))
    variables = wanted | {
        "kubernetes_mark": str(folder / "mark"),
        "kubernetes_artefacts": f"file://{folder}/nowhere",
        "kubernetes_endpoint": "10.0.0.1:6443",
        "kubernetes_address": "10.0.0.1",
    }
    done = subprocess.run(
        [
            *(PROGRAM, folder / "site.yml", f"--inventory={folder / 'hosts.yml'}"),
            f"--extra-vars={json.dumps(variables)}",
        ],
        cwd=folder,
        env={
            **os.environ,
            "ANSIBLE_HOME": str(folder),
            "ANSIBLE_LIBRARY": str(ROLES.parent / "library"),
        },
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode
    return " ".join((done.stdout + done.stderr).split())


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("kubernetes_version", "1.37.0", "joined a cluster of kubernetes 1.36.4, and 1.37.0 is"),
        ("kubernetes_pod_cidr", "10.9.0.0/16", "of pods 10.93.0.0/16, and 10.9.0.0/16 is wanted"),
    ],
)
def test_a_running_cluster_is_not_changed_to_other_fixed_settings(
    key: str, value: str, sentence: str, tmp_path: Path
) -> None:
    output = run_role(tmp_path, WANTED | {key: value}, JOINED)
    assert sentence in output
    assert "put the old value back" in output
    assert "Fetch kubelet" not in output


def test_a_mark_of_an_older_version_with_fewer_settings_is_accepted(tmp_path: Path) -> None:
    output = run_role(tmp_path, WANTED, {"kubernetes": "1.36.4"})
    assert "Fetch kubelet" in output


@pytest.mark.parametrize(
    ("found", "status", "message"),
    [
        ("UUID=1\\nVERSION=1.0\\nTYPE=ext4", 0, ""),
        ("UUID=1\\nTYPE=xfs\\nUSAGE=filesystem", 0, "holds xfs, not ext4"),
        ("PTUUID=1\\nPTTYPE=gpt", 0, "holds gpt, not ext4"),
        ("", 8, "holds something, but not one clear file system"),
        ("", 2, "formatted"),
    ],
)
def test_a_volume_with_other_content_is_not_touched(
    found: str, status: int, message: str, tmp_path: Path
) -> None:
    (task, *_) = yaml.safe_load((ROLES / "storage/tasks/main.yml").read_text())
    for name, command in (("blkid", f"printf '{found}\\n'; exit {status}"), ("mkfs.ext4", "true")):
        (tmp_path / name).write_text(f"#!/bin/sh\n{command}\n")
        (tmp_path / name).chmod(0o755)
    script = jinja2.Template(task["ansible.builtin.shell"]["cmd"]).render(
        storage_device="/dev/null", storage_volume_id="5f0c"
    )
    done = subprocess.run(
        ["sh", "-c", script.replace("test -b", "test -e")],
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        check=False,
        text=True,
    )
    assert message in done.stdout + done.stderr
    assert (WIPEFS in done.stderr) is (done.returncode != 0)
    assert ("formatted" in done.stdout) is (status == 2)
