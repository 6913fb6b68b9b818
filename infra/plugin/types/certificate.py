"""Resource type site:index:Certificate: a TLS certificate from an authority of its own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Final

from infra import tokens
from infra.plugin.generated import GeneratedType

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec

__all__ = ["CertificateType"]

_LIFETIME: Final = timedelta(days=3650)
_CLOCK_SKEW: Final = timedelta(hours=1)
"""It is valid from so long before now, as the clocks of machines differ a little."""


class CertificateType(GeneratedType):
    """A server's certificate; the key of the authority that signs it is never stored."""

    token: ClassVar[str] = tokens.CERTIFICATE
    outputs: ClassVar[frozenset[str]] = frozenset({"authority", "certificate", "key"})
    encrypted: ClassVar[frozenset[str]] = frozenset({"key"})

    def generate(self, inputs: Mapping[str, Any]) -> dict[str, str]:
        """Generate two keys and sign the server's certificate; all as PEM."""
        from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415 - slow to import

        authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        authority = _sign(inputs["name"], [], authority_key, authority_key)
        certificate = _sign(inputs["name"], inputs["hosts"], key, authority_key)
        return {"authority": authority, "certificate": certificate, "key": _pem(key)}


def _sign(
    name: str, hosts: list[str], key: ec.EllipticCurvePrivateKey, by: ec.EllipticCurvePrivateKey
) -> str:
    """Return a signed certificate (PEM): of a server, or without hosts of the authority itself."""
    from cryptography import x509  # noqa: PLC0415 - slow to import
    from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415 - the same

    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_common_name(hosts[0] if hosts else f"{name} authority"))
        .issuer_name(_common_name(f"{name} authority"))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCK_SKEW)
        .not_valid_after(now + _LIFETIME)
        .add_extension(x509.BasicConstraints(ca=not hosts, path_length=None), critical=True)
    )
    if hosts:
        alternatives = x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts])
        builder = builder.add_extension(alternatives, critical=False)
    signed = builder.sign(by, hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM).decode()


def _common_name(name: str) -> x509.Name:
    from cryptography import x509  # noqa: PLC0415 - slow to import

    longest = 64  # characters, by X.509
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name[:longest])])


def _pem(key: ec.EllipticCurvePrivateKey) -> str:
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - slow to import

    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()
