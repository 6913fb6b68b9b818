"""`python -m toolchain`: build upstream's programs, or say where they are."""

from __future__ import annotations

import argparse
import signal
import sys

from infra.errors import ForegroundError
from toolchain import cache, ensure
from toolchain.programs import PROGRAMS


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m toolchain", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    build = commands.add_parser("build", help="build what the cache does not hold yet")
    build.add_argument("names", nargs="*", metavar="NAME", help="what `list` shows; all, if none")
    commands.add_parser("list", help="say of each program where it is, in the order of building")
    arguments = parser.parse_args()
    for ending in (signal.SIGINT, signal.SIGTERM):  # also where a shell's `&` made us deaf to it
        signal.signal(ending, signal.default_int_handler)
    try:
        if arguments.command == "build":
            ensure(arguments.names)
        else:
            _list()
    except ForegroundError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nstopped; the same command goes on from here", file=sys.stderr)
        return 130
    return 0


def _list() -> None:
    held = cache.standard()
    for program in PROGRAMS.values():
        place = held.place(program)
        there = place if place.is_file() else "not built"
        print(f"{program.name:26} {program.version:16} {there}")


if __name__ == "__main__":
    sys.exit(main())
