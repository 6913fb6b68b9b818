from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from infra import versions
from toolchain import go_modules

FOLDER = Path(__file__).resolve().parents[1]


def test_its_kubernetes_library_is_of_the_release_that_sites_run() -> None:
    (version,) = re.findall(r"\tk8s\.io/kubelet v0\.(\S+)", (FOLDER / "go.mod").read_text())
    assert f"1.{version}" == versions.KUBERNETES


@pytest.mark.engine  # it needs the compiler and its caches
def test_the_tests_of_the_go_module_pass() -> None:
    done = subprocess.run(
        [go_modules.compiler(), "test", "-count=1", "."],
        cwd=FOLDER,
        env=go_modules.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
