from __future__ import annotations

import subprocess

import pytest

from toolchain import go_modules

pytestmark = pytest.mark.engine  # it needs the compiler and its caches


def test_the_plugin_does_what_its_own_tests_say() -> None:
    done = subprocess.run(
        [go_modules._go(), "test", "-count=1", "foreground.internal/accelerators"],
        cwd=go_modules.MODULES / "accelerators",
        env=go_modules._environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
