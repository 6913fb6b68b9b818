"""The digest of the playbooks: equal in every checkout, different after every change."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from infra.cluster.playbooks_digest import playbooks_digest
from infra.site.values import PLAYBOOKS

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return another checkout of the same files, with caches and other times in it."""
    folder = shutil.copytree(
        PLAYBOOKS, tmp_path / "elsewhere", ignore=shutil.ignore_patterns("__pycache__")
    )
    (folder / "library/__pycache__").mkdir()
    (folder / "library/__pycache__/write_files.cpython-311.pyc").write_bytes(b"\0")
    (folder / ".ansible").mkdir()
    (folder / ".ansible/lock").touch()
    (folder / "tests/test_more.py").write_text("more\n")
    for file in folder.rglob("*.yml"):
        os.utime(file, (0, 0))
        file.chmod(0o600)
    return folder


def test_all_checkouts_of_the_same_files_have_the_same_digest(checkout: Path) -> None:
    assert playbooks_digest(checkout) == playbooks_digest()


@pytest.mark.parametrize(
    "file",
    ["site.yml", "roles/kubernetes/templates/kubelet.service.j2", "library/write_files.py"],
)
def test_another_content_is_another_digest(file: str, checkout: Path) -> None:
    with (checkout / file).open("a") as text:
        text.write("# another\n")
    assert playbooks_digest(checkout) != playbooks_digest()


def test_another_file_name_is_another_digest(checkout: Path) -> None:
    (checkout / "leave.yml").rename(checkout / "go.yml")
    assert playbooks_digest(checkout) != playbooks_digest()
