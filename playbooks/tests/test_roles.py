"""The playbooks as a whole: they begin from anywhere, and say the same thing everywhere."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra import versions

PLAYBOOKS = Path(__file__).resolve().parents[1]
ROLES = sorted(path.name for path in (PLAYBOOKS / "roles").iterdir())
PROGRAM = Path(sys.executable).with_name("ansible-playbook")


def said(role: str, file: str) -> dict[str, Any]:
    """A role's YAML file."""
    content: dict[str, Any] = yaml.safe_load((PLAYBOOKS / "roles" / role / file).read_text())
    return content


def options(role: str) -> dict[str, Any]:
    """What a role may be told."""
    found: dict[str, Any] = said(role, "meta/argument_specs.yml")["argument_specs"]["main"]
    return dict(found["options"])


@pytest.mark.parametrize("config", [True, False])
@pytest.mark.parametrize("playbook", ["site.yml", "leave.yml"])
def test_a_playbook_begins_from_any_folder(playbook: str, tmp_path: Path, *, config: bool) -> None:
    ours = {key: said for key, said in os.environ.items() if not key.startswith("ANSIBLE_")}
    ours |= {"ANSIBLE_CONFIG": str(PLAYBOOKS / "ansible.cfg")} if config else {}
    done = subprocess.run(
        [PROGRAM, "--syntax-check", "--inventory=localhost,", PLAYBOOKS / playbook],
        cwd=tmp_path,
        env=ours | {"ANSIBLE_HOME": str(tmp_path)},
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("role", ROLES)
def test_a_roles_argument_spec_and_its_defaults_say_the_same(role: str) -> None:
    specified = {
        name: spec["default"] for name, spec in options(role).items() if "default" in spec
    }
    defaults = said(role, "defaults/main.yml")
    assert {name: defaults.get(name) for name in specified} == specified
    assert defaults.keys() <= options(role).keys()


@pytest.mark.parametrize("role", ROLES)
def test_every_variable_of_a_role_begins_with_its_name_and_has_a_sentence(role: str) -> None:
    for name, spec in options(role).items():
        assert name.startswith(f"{role}_")
        assert spec["description"].rstrip().endswith("."), name


def test_the_roles_have_the_versions_that_are_proved_together() -> None:
    assert said("runtime", "defaults/main.yml")["runtime_version"] == versions.CONTAINERD
    assert said("kubernetes", "defaults/main.yml")["kubernetes_version"] == versions.KUBERNETES
    network = said("network", "defaults/main.yml")
    upstream = versions.KUBE_ROUTER.partition("-")[0]  # k3s's fork is of this version
    assert network["network_kube_router_image"].endswith(f":v{upstream}")
