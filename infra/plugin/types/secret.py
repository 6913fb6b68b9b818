"""site:index:Secret and site:index:Certificate: made once, kept encrypted in the state."""

from __future__ import annotations

import secrets
from abc import abstractmethod
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Final

from infra.plugin.resource import Call, ResourceType
from infra.plugin.values import Properties, plain, wrapped

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec

__all__ = ["CertificateType", "SecretType"]

_BYTES: Final = 32
_LASTS: Final = timedelta(days=3650)
_BEFORE: Final = timedelta(hours=1)
"""Clocks of machines differ a little."""


class _MadeOnce(ResourceType):
    """Something random: every other input is another one."""

    hidden: ClassVar[frozenset[str]]
    """The outputs that nobody may read."""

    def must_replace(self, old: dict[str, Any], new: dict[str, Any]) -> list[str]:
        """All inputs that differ."""
        keys = (old.keys() | new.keys()) - self.outputs
        return sorted(key for key in keys if old.get(key) != new.get(key))

    def name(self, properties: Properties) -> str:
        """What it is called."""
        return str(plain(properties)["name"])

    async def make(self, call: Call) -> Properties:
        """Make it."""
        made = self.drawn(plain(call.properties))
        return {key: wrapped(item, secret=key in self.hidden) for key, item in made.items()}

    @abstractmethod
    def drawn(self, inputs: Mapping[str, Any]) -> dict[str, str]:
        """Draw new ones of all outputs."""

    async def remove(self, call: Call) -> None:
        """Nothing is left of it but the state."""

    async def read(self, call: Call) -> Properties | None:
        """What stands in the state is there."""
        return call.properties


class SecretType(_MadeOnce):
    """Random text of 64 hexadecimal digits."""

    token: ClassVar[str] = "site:index:Secret"  # noqa: S105  no password, a type
    outputs: ClassVar[frozenset[str]] = frozenset({"value"})
    hidden: ClassVar[frozenset[str]] = outputs

    def drawn(self, inputs: Mapping[str, Any]) -> dict[str, str]:  # noqa: ARG002
        """Draw the text."""
        return {"value": secrets.token_hex(_BYTES)}


class CertificateType(_MadeOnce):
    """A server's certificate with an authority of its own, whose key is forgotten at once."""

    token: ClassVar[str] = "site:index:Certificate"  # noqa: S105  no password, a type
    outputs: ClassVar[frozenset[str]] = frozenset({"authority", "certificate", "key"})
    hidden: ClassVar[frozenset[str]] = frozenset({"key"})

    def drawn(self, inputs: Mapping[str, Any]) -> dict[str, str]:
        """Draw two keys, sign the server's; all as PEM."""
        from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415  slow to import

        authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        authority = _signed(inputs["name"], [], authority_key, authority_key)
        certificate = _signed(inputs["name"], inputs["hosts"], key, authority_key)
        return {"authority": authority, "certificate": certificate, "key": _pem_of(key)}


def _signed(
    name: str, hosts: list[str], key: ec.EllipticCurvePrivateKey, by: ec.EllipticCurvePrivateKey
) -> str:
    """Sign a key: of a server, or (without hosts) of the authority that signs."""
    from cryptography import x509  # noqa: PLC0415  slow to import
    from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415

    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_called(hosts[0] if hosts else f"{name} authority"))
        .issuer_name(_called(f"{name} authority"))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BEFORE)
        .not_valid_after(now + _LASTS)
        .add_extension(x509.BasicConstraints(ca=not hosts, path_length=None), critical=True)
    )
    if hosts:
        named = x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts])
        builder = builder.add_extension(named, critical=False)
    signed = builder.sign(by, hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM).decode()


def _called(name: str) -> x509.Name:
    from cryptography import x509  # noqa: PLC0415  slow to import

    longest = 64  # X.509's
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name[:longest])])


def _pem_of(key: ec.EllipticCurvePrivateKey) -> str:
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415  slow to import

    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()
