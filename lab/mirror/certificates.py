"""Certificate authority of a site in the lab, and certificates of its servers."""

from __future__ import annotations

import datetime as dt
import ipaddress
import os
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

NAME = "mirror.foreground.internal"
AUTHORITY_LIFE = dt.timedelta(days=3650)
SERVER_LIFE = dt.timedelta(days=365)
RENEW_BEFORE = dt.timedelta(days=30)

Key = ec.EllipticCurvePrivateKey


def certify(folder: Path, site: str, address: str) -> None:
    """Ensure the mirror's ca.pem, server.pem and server.key, valid for a month at least."""
    ensure_authority(folder, site)
    ensure_server(folder, folder, [NAME], address)


def ensure_authority(folder: Path, site: str) -> None:
    """Ensure ca.pem and ca.key in this folder."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    authority, authority_key = folder / "ca.pem", folder / "ca.key"
    if not _good(authority, authority_key):
        key = _new_key(authority_key)
        _write(authority, _pem(_authority(f"Foreground mirror of {site}", key)))


def ensure_server(folder: Path, authority: Path, names: Sequence[str], address: str) -> None:
    """Ensure server.pem and server.key in this folder, signed by the authority in another."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    server, server_key = folder / "server.pem", folder / "server.key"
    issuer = _certificate(authority / "ca.pem")
    wanted = x509.SubjectAlternativeName(
        [*map(x509.DNSName, names), x509.IPAddress(ipaddress.ip_address(address))]
    )
    if not (_good(server, server_key) and _is_of(_certificate(server), issuer, wanted)):
        signer = _load(authority / "ca.key")
        key = _new_key(server_key)
        _write(server, _pem(_server(names[0], wanted, key, issuer, signer)))


def _good(certificate: Path, key: Path) -> bool:
    """Whether both files exist, belong together and are valid for long enough."""
    if not (certificate.is_file() and key.is_file()):
        return False
    found = _certificate(certificate)
    lasts = found.not_valid_after_utc - dt.datetime.now(dt.UTC) > RENEW_BEFORE
    return lasts and found.public_key() == _load(key).public_key()


def _is_of(
    server: x509.Certificate, issuer: x509.Certificate, wanted: x509.SubjectAlternativeName
) -> bool:
    """Whether this authority signed the certificate, for exactly these names."""
    try:
        server.verify_directly_issued_by(issuer)
    except (InvalidSignature, ValueError):  # another key, another name
        return False
    found = server.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    return found.value == wanted


def _certificate(file: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(file.read_bytes())


def _authority(common_name: str, key: Key) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    usage = _usage(key_cert_sign=True, crl_sign=True)
    return (
        _unsigned(name, name, key, AUTHORITY_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .sign(key, hashes.SHA256())
    )


def _server(
    name: str,
    names: x509.SubjectAlternativeName,
    key: Key,
    issuer: x509.Certificate,
    signer: Key,
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    return (
        _unsigned(subject, issuer.subject, key, SERVER_LIFE)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(digital_signature=True), critical=True)
        .add_extension(purpose, critical=False)
        .add_extension(identifier, critical=False)
        .add_extension(names, critical=False)
        .sign(signer, hashes.SHA256())
    )


def _unsigned(
    subject: x509.Name, issuer: x509.Name, key: Key, life: dt.timedelta
) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))  # clocks of machines differ
        .not_valid_after(now + life)
        .add_extension(identifier, critical=False)
    )


def _usage(
    *, digital_signature: bool = False, key_cert_sign: bool = False, crl_sign: bool = False
) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _new_key(path: Path) -> Key:
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    _write(path, pem)
    return key


def _load(path: Path) -> Key:
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        message = f"{path} holds another kind of key than the mirror makes"
        raise TypeError(message)
    return key


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _write(path: Path, data: bytes) -> None:
    """Write with mode 0600 under another name, then rename."""
    new = path.with_name(f".{path.name}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
    new.rename(path)
