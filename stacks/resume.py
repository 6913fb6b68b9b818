"""The old name of `python -m infra.recovery`, kept for one release."""

from __future__ import annotations

from infra.recovery.__main__ import main

if __name__ == "__main__":
    main()
