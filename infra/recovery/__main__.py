"""The command `python -m infra.recovery SITE`: make a stack usable after a killed run."""

from __future__ import annotations

import argparse
import sys

from infra.errors import ForegroundError

from .resume import resume

__all__ = ["main"]


def main() -> None:
    """Parse the command line and resume; `. ./activate SITE` has set the environment."""
    parser = argparse.ArgumentParser(prog="python -m infra.recovery", description=__doc__)
    parser.add_argument("site")
    site: str = parser.parse_args().site
    try:
        resume(site)
    except ForegroundError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit("\nerror: stopped; the same command goes on")


if __name__ == "__main__":
    main()
