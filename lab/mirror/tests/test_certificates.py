"""Certificates of the mirror: valid, stable, and renewed in time."""

from __future__ import annotations

import datetime as dt
import ssl
import subprocess
from typing import TYPE_CHECKING

import pytest
from cryptography import x509

from lab.mirror import certificates

if TYPE_CHECKING:
    from pathlib import Path

ADDRESS = "10.91.7.1"
FILES = ("ca.pem", "ca.key", "server.pem", "server.key")


def certify(folder: Path, address: str = ADDRESS) -> dict[str, bytes]:
    certificates.certify(folder, "test", address)
    return {name: (folder / name).read_bytes() for name in FILES}


def verify(folder: Path) -> str:
    """Output of OpenSSL, which did not make the certificates."""
    command = ["openssl", "verify", "-x509_strict", "-purpose", "sslserver"]
    names = ["-verify_hostname", certificates.NAME]
    files = ["-CAfile", str(folder / "ca.pem"), str(folder / "server.pem")]
    return subprocess.run(
        [*command, *names, *files], capture_output=True, check=True, text=True
    ).stdout


def test_openssl_accepts_them_and_nobody_else_reads_the_keys(tmp_path: Path) -> None:
    certify(tmp_path / "keys")
    assert verify(tmp_path / "keys").endswith("OK\n")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "keys" / "server.pem", tmp_path / "keys" / "server.key")
    modes = {(tmp_path / "keys" / name).stat().st_mode & 0o777 for name in FILES}
    assert modes == {0o600}


def test_valid_certificates_stay(tmp_path: Path) -> None:
    assert certify(tmp_path) == certify(tmp_path)


def test_a_server_certificate_is_renewed_before_it_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as short:
        short.setattr(certificates, "SERVER_LIFE", dt.timedelta(days=29))
        before = certify(tmp_path)
    after = certify(tmp_path)
    assert after["ca.pem"] == before["ca.pem"]
    assert after["server.pem"] != before["server.pem"]
    ends = x509.load_pem_x509_certificate(after["server.pem"]).not_valid_after_utc
    assert ends > dt.datetime.now(dt.UTC) + dt.timedelta(days=364)


def test_a_new_authority_issues_a_new_server_certificate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as short:
        short.setattr(certificates, "AUTHORITY_LIFE", dt.timedelta(days=29))
        before = certify(tmp_path)
    after = certify(tmp_path)
    assert not {*before.values()} & {*after.values()}
    assert verify(tmp_path).endswith("OK\n")


@pytest.mark.parametrize("lost", FILES)
def test_a_missing_file_of_an_interrupted_run_is_made_again(tmp_path: Path, lost: str) -> None:
    certify(tmp_path)
    (tmp_path / lost).unlink()
    certify(tmp_path)
    assert verify(tmp_path).endswith("OK\n")


def test_a_key_of_another_certificate_is_replaced(tmp_path: Path) -> None:
    certify(tmp_path / "one")
    for name in ("ca.key", "server.key"):
        certify(tmp_path / name)
        (tmp_path / name / name).rename(tmp_path / "one" / name)
        certify(tmp_path / "one")
        assert verify(tmp_path / "one").endswith("OK\n")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tmp_path / "one" / "server.pem", tmp_path / "one" / "server.key")


def test_another_address_needs_another_certificate(tmp_path: Path) -> None:
    before = certify(tmp_path)
    after = certify(tmp_path, "10.91.8.1")
    assert after["ca.pem"] == before["ca.pem"]
    assert after["server.pem"] != before["server.pem"]
