"""The executable `pulumi-resource-site`: the one list of our resource types."""

from __future__ import annotations

import asyncio
import sys

from .server import serve
from .types.address_pairs import AddressPairsType
from .types.member import MemberType
from .types.secret import CertificateType, SecretType

__all__ = ["main"]


def main() -> None:
    """Serve Pulumi's engine, which starts this with its address."""
    types = [MemberType(), AddressPairsType(), SecretType(), CertificateType()]
    asyncio.run(serve(sys.argv[1:], types))


if __name__ == "__main__":
    main()
