"""All playbooks and roles: syntax, argument specs, defaults, versions."""

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


def content(role: str, file: str) -> dict[str, Any]:
    """Return a YAML file of a role; empty if the role has none."""
    path = PLAYBOOKS / "roles" / role / file
    found: dict[str, Any] = yaml.safe_load(path.read_text()) if path.exists() else {}
    return found


def options(role: str) -> dict[str, Any]:
    """Return the options in a role's argument spec."""
    found: dict[str, Any] = content(role, "meta/argument_specs.yml")["argument_specs"]["main"]
    return dict(found["options"])


@pytest.mark.parametrize("config", [True, False])
@pytest.mark.parametrize("playbook", ["site.yml", "leave.yml"])
def test_a_playbook_is_valid_from_any_working_folder(
    playbook: str, tmp_path: Path, *, config: bool
) -> None:
    ours = {key: text for key, text in os.environ.items() if not key.startswith("ANSIBLE_")}
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
def test_the_argument_spec_and_the_defaults_of_a_role_are_equal(role: str) -> None:
    specified = {
        name: spec["default"] for name, spec in options(role).items() if "default" in spec
    }
    defaults = content(role, "defaults/main.yml")
    assert {name: defaults.get(name) for name in specified} == specified
    assert defaults.keys() <= options(role).keys()


@pytest.mark.parametrize("role", ROLES)
def test_every_variable_of_a_role_has_its_prefix_and_a_description(role: str) -> None:
    for name, spec in options(role).items():
        assert name.startswith(f"{role}_")
        assert spec["description"].rstrip().endswith("."), name


def test_the_roles_have_the_versions_of_infra_versions() -> None:
    assert content("runtime", "defaults/main.yml")["runtime_version"] == versions.CONTAINERD
    assert content("kubernetes", "defaults/main.yml")["kubernetes_version"] == versions.KUBERNETES
    network = content("network", "defaults/main.yml")
    upstream = versions.KUBE_ROUTER.partition("-")[0]  # k3s's fork is of this version
    assert network["network_kube_router_image"].endswith(f":v{upstream}")
