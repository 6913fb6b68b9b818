"""Command `python -m lab.mirror build`: make the mirror's content, and list it."""

from __future__ import annotations

import argparse
import sys

from infra.errors import ForegroundError
from lab.mirror.content import build
from lab.mirror.programs import programs


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m lab.mirror", description=__doc__)
    parser.add_argument("command", choices=["build"])
    parser.parse_args()
    try:
        content = build(programs())
    except ForegroundError as error:
        print(error, file=sys.stderr)
        return 1
    print("\n".join(content.images))
    for folder in (content.registry, content.artefacts, content.debian):
        print(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
