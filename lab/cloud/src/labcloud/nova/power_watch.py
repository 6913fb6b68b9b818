"""Power watch: a thread per machine that reports to Nova when the machine powers off."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from labcloud.nova import supervision

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["watch"]


def watch(folder: Path, gone_off: Callable[[str], None]) -> None:
    """Wait in a thread of its own for the end of a machine's supervisor.

    Args:
        folder: the machine's.
        gone_off: told the machine's UUID, whoever switched it off.
    """

    def wait() -> None:
        supervision.wait(folder, patience=None)
        gone_off(folder.name)

    threading.Thread(target=wait, name=f"watch {folder.name}", daemon=True).start()
