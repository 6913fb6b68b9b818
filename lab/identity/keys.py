"""Keys and clients of the OIDC issuer, which stay the same when it restarts."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from infra.errors import ForegroundError
from lab.private_files import write_private

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["have_client", "have_keys", "secret_file"]

BITS = 2048


def have_keys(folder: Path) -> None:
    """Ensure signing.pem, for tokens, and cookies.key; a new key would end all sessions."""
    signing, cookies = folder / "signing.pem", folder / "cookies.key"
    if not signing.exists():
        key = rsa.generate_private_key(public_exponent=65537, key_size=BITS)
        pem = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        write_private(signing, pem.decode())
    if not cookies.exists():
        write_private(cookies, secrets.token_urlsafe(32))


def have_client(folder: Path, client: str, name: str, returns: Sequence[str]) -> None:
    """Ensure a client in clients.json, with a secret that stays; other clients are not changed.

    Args:
        folder: The issuer's.
        client: Its id.
        name: What people read on the login page.
        returns: Where the browser may be sent after a login: the first; after a logout: the rest.

    Raises:
        ForegroundError: the file is not a list of clients.
    """
    file = folder / "clients.json"
    clients = _clients(file)
    known = next((one for one in clients if one.get("client_id") == client), None)
    if known is None:
        known = {"client_id": client, "client_secret": secrets.token_urlsafe(32)}
        clients.append(known)
    known.setdefault("client_name", name)
    known.setdefault("token_endpoint_auth_method", "client_secret_basic")
    known.setdefault("redirect_uris", list(returns[:1]))
    known.setdefault("post_logout_redirect_uris", list(returns[1:]))
    write_private(file, json.dumps(clients, indent=2) + "\n")
    file.chmod(0o600)
    write_private(secret_file(folder, client), f"{known['client_secret']}\n")


def secret_file(folder: Path, client: str) -> Path:
    """Return the file of one client's secret."""
    return folder / f"secret-{client}"


def _clients(file: Path) -> list[dict[str, object]]:
    try:
        clients = json.loads(file.read_text())
    except FileNotFoundError:
        return []
    except json.JSONDecodeError as error:
        where = f"{file}, line {error.lineno}"
        raise ForegroundError("the file of the issuer's clients is not JSON", at=where) from None
    if not isinstance(clients, list) or not all(isinstance(one, dict) for one in clients):
        raise ForegroundError("the file of the issuer's clients is not a list", at=str(file))
    return clients
