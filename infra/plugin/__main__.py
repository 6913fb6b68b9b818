"""The executable `pulumi-resource-site`, with the list of our resource types."""

from __future__ import annotations

import asyncio
import sys

from .server import serve
from .types.address_pairs import AddressPairsType
from .types.certificate import CertificateType
from .types.member import MemberType
from .types.secret import SecretType

__all__ = ["main"]


def main() -> None:
    """Serve Pulumi's engine, which starts this program with its own address."""
    types = [MemberType(), AddressPairsType(), SecretType(), CertificateType()]
    asyncio.run(serve(sys.argv[1:], types))


if __name__ == "__main__":
    main()
