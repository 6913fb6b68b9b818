"""Power watch: a thread per machine that reports to Nova when the machine powers off."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from labcloud.nova import supervision

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["watch"]


def watch(folder: Path, report: Callable[[str], None]) -> None:
    """Wait in another thread for the end of a machine's supervisor.

    Args:
        folder: Folder of the machine.
        report: Called with the machine's UUID when it is off, for any reason.
    """

    def wait() -> None:
        supervision.wait(folder, patience=None)
        report(folder.name)

    threading.Thread(target=wait, name=f"watch {folder.name}", daemon=True).start()
