"""Command line of the homes service: `python -m homes FOLDER PORT` serves until it is killed."""

from __future__ import annotations

import sys
from pathlib import Path

from .server import server


def main() -> None:
    """Serve the homes of FOLDER on PORT."""
    folder, port = sys.argv[1:]
    server(Path(folder), int(port)).serve_forever()


if __name__ == "__main__":
    main()
