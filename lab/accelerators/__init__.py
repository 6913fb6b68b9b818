"""Device plugin of the lab: accelerators that are device files only, without silicon behind them.

The program is the Go module in this folder. The lab's mirror serves it as an image, and the site
file names that image as a real site's file names the vendor's plugin.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from toolchain.go_modules import GoModule
from toolchain.program import Image, Program

__all__ = ["ACCELERATORS"]

_VERSION: Final = "0.1.0"

ACCELERATORS: Final = Program(
    name="accelerators",
    version=_VERSION,
    source=GoModule(str(Path(__file__).resolve().parent), "."),
    published=(
        Image(
            name="foreground/accelerators",
            tag=f"v{_VERSION}",
            path="accelerators",
            entrypoint="/accelerators",
        ),
    ),
)
