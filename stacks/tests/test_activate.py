"""`. ./activate SITE`: one shell for one site, and git none the wiser."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

TOP = Path(__file__).resolve().parents[2]
SITE = "activate-test"
STATE = Path("/var/lib/foreground") / SITE


def bash(script: str, folder: Path = TOP) -> subprocess.CompletedProcess[str]:
    """Run a script as a careful shell does."""
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def checkout(tmp_path: Path) -> Iterator[Path]:
    """A checkout with one site of its own, whose state is removed afterwards."""
    for name in ("infra", "stacks", "toolchain"):
        shutil.copytree(TOP / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("activate", "Pulumi.yaml"):
        shutil.copy(TOP / name, tmp_path)
    (tmp_path / ".venv").symlink_to(TOP / ".venv")
    site = tmp_path / "stacks" / "sites" / f"Pulumi.{SITE}.yaml"
    shutil.copy(site.with_name("Pulumi.ci.yaml"), site)
    (tmp_path / ".gitattributes").write_text(f"/stacks/sites/{site.name} filter=foreground-salt\n")
    (tmp_path / ".gitignore").write_text("/.venv\n__pycache__/\n")
    bash("sed -i '/^encryptionsalt: /d' stacks/sites/*.yaml", tmp_path)
    said = (
        "git init --quiet && git add . && git -c user.name=a -c user.email=a@b commit --quiet -m a"
    )
    assert bash(said, tmp_path).returncode == 0
    yield tmp_path
    shutil.rmtree(STATE, ignore_errors=True)


def test_a_site_that_is_not_there_is_told_with_those_that_are() -> None:
    done = bash(". ./activate nowhere")
    assert done.returncode == 1
    assert "there is no site 'nowhere'" in done.stderr
    assert ". ./activate local" in done.stderr


def test_it_says_how_to_be_run() -> None:
    done = bash("./activate local 2>&1 || bash activate local")
    assert ". ./activate local" in done.stderr


@pytest.mark.engine
def test_git_sees_nothing_and_pulumi_its_salt(checkout: Path) -> None:
    done = bash(
        f"""
        . ./activate {SITE}; . ./activate {SITE} > /dev/null
        git status --short; echo =
        grep -c '^encryptionsalt: v1:' stacks/sites/Pulumi.{SITE}.yaml; echo =
        pulumi config set --path foreground:machines.t4.count 3; git diff --numstat; echo =
        pulumi config set --path foreground:machines.t4.count 2; git status --short; echo =
        git checkout --quiet stacks; . ./activate {SITE} > /dev/null
        pulumi config get --path foreground:machines.t4.count; git status --short
        """,
        checkout,
    )
    assert done.returncode == 0, done.stderr
    said, *rest = done.stdout.split("=\n")
    assert said.startswith(f"site {SITE}\n")
    assert rest == ["1\n", f"1\t1\tstacks/sites/Pulumi.{SITE}.yaml\n", "", "2\n"]
    assert "M " not in said


@pytest.mark.engine
def test_only_its_owner_reads_the_passphrase(checkout: Path) -> None:
    assert bash(f". ./activate {SITE}", checkout).returncode == 0
    assert (STATE / "passphrase").stat().st_mode & 0o777 == 0o600
    assert STATE.stat().st_mode & 0o777 == 0o700


@pytest.mark.engine
def test_a_mistake_in_the_site_file_is_one_sentence_of_pulumi(checkout: Path) -> None:
    done = bash(
        f". ./activate {SITE} && pulumi config set --path foreground:machines.t4.count many"
        " && pulumi preview --non-interactive",
        checkout,
    )
    assert done.returncode != 0
    sentence = f"stacks/sites/Pulumi.{SITE}.yaml: machines.t4.count: must be a whole number, not"
    assert sentence in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.engine
def test_a_site_whose_state_was_removed_begins_anew(checkout: Path) -> None:
    assert bash(f". ./activate {SITE}", checkout).returncode == 0
    shutil.rmtree(STATE)
    again = bash(f". ./activate {SITE} && pulumi config", checkout)
    assert again.returncode == 0, again.stderr


@pytest.mark.engine
def test_a_salt_that_guards_secrets_is_never_dropped(checkout: Path) -> None:
    site = checkout / "stacks" / "sites" / f"Pulumi.{SITE}.yaml"
    secret = f". ./activate {SITE} && pulumi config set --secret foreground:word hidden"
    assert bash(secret, checkout).returncode == 0
    kept = site.read_text()
    shutil.rmtree(STATE)
    refused = bash(f". ./activate {SITE}", checkout)
    assert refused.returncode == 1
    assert "holds secrets of a stack whose state is not here" in refused.stderr
    assert site.read_text() == kept


@pytest.mark.engine
def test_of_a_run_that_was_killed_it_says_what_to_type(checkout: Path) -> None:
    hint = f"python -m infra.recovery {SITE}"
    assert hint not in bash(f". ./activate {SITE}", checkout).stdout
    lock = STATE / "pulumi" / ".pulumi" / "locks" / "organization" / "foreground" / SITE / "a.json"
    lock.parent.mkdir(parents=True, exist_ok=True)
    lock.write_text("{}")
    assert hint in bash(f". ./activate {SITE}", checkout).stdout
