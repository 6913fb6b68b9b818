from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

import pytest

from infra import images, versions
from toolchain import go_modules

if TYPE_CHECKING:
    from pathlib import Path

GO = [name for name in images.names() if (images.SERVICES / name / "go.mod").is_file()]


def test_podnet_is_an_image_that_is_built_from_a_go_module() -> None:
    assert "network/podnet" in GO


@pytest.mark.parametrize("name", GO)
def test_the_containerfile_copies_the_program_that_the_toolchain_builds(name: str) -> None:
    folder = images.SERVICES / name
    assert f"\nCOPY {folder.name} " in (folder / images.CONTAINERFILE).read_text()


@pytest.mark.parametrize("folder", [images.SERVICES / name for name in GO])
def test_its_kubernetes_libraries_are_of_the_release_that_sites_run(folder: Path) -> None:
    pattern = r"\tk8s\.io/(?:api|apimachinery|client-go|kubelet) v0\.(\S+)"
    found = re.findall(pattern, (folder / "go.mod").read_text())
    assert found
    assert {f"1.{version}" for version in found} == {versions.KUBERNETES}


@pytest.mark.engine  # it needs the compiler and its caches
@pytest.mark.parametrize("name", GO)
def test_the_tests_of_the_go_module_pass(name: str) -> None:
    done = subprocess.run(
        [go_modules.compiler(), "test", "-count=1", "./..."],
        cwd=images.SERVICES / name,
        env=go_modules.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
