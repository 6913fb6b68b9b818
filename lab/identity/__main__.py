"""Command `python -m lab.identity ingress SITE ADDRESS PORT`: set the address of the ingress."""

from __future__ import annotations

import argparse
import sys
from ipaddress import IPv4Address

from infra.errors import ForegroundError
from lab.identity.door import send_on
from lab.instance import LabInstance


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m lab.identity", description=__doc__)
    parser.add_argument("command", choices=["ingress"])
    parser.add_argument("site", help="whose front door it is")
    parser.add_argument("address", type=IPv4Address, help="in the site's namespace")
    parser.add_argument("port", type=int, help="where TLS is answered there")
    told = parser.parse_args()
    try:
        send_on(LabInstance.named(told.site), str(told.address), told.port)
    except ForegroundError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
