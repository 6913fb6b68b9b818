"""cloud-init seed of a new machine (NoCloud): host name, SSH key, user data.

cloud-init in the image reads the seed. Host name, resolver and hosts file are written directly, so
that an image without cloud-init has them too.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

__all__ = ["addresses", "hosts", "meta_data", "resolvers", "write"]

SEED = "var/lib/cloud/seed/nocloud"


def write(  # noqa: PLR0913  # all inputs of a first boot
    upper: Path,
    *,
    uuid: str,
    hostname: str,
    key: str | None,
    user_data: bytes,
    vifs: Iterable[Mapping[str, Any]],
) -> None:
    """Write the seed and the identity of a new machine into the upper layer of its root."""
    vifs = list(vifs)
    _put(upper / "etc/hostname", f"{hostname}\n".encode())
    _put(upper / "etc/machine-id", uuid.replace("-", "").encode() + b"\n")
    _put(upper / "etc/hosts", hosts(hostname, addresses(vifs)).encode())
    _put(upper / "etc/resolv.conf", resolvers(vifs).encode())
    seed = upper / SEED
    _put(seed / "meta-data", json.dumps(meta_data(uuid, hostname, key)).encode(), 0o600)
    _put(seed / "user-data", user_data or b"#cloud-config\n{}\n", 0o600)


def meta_data(uuid: str, hostname: str, key: str | None) -> dict[str, Any]:
    """Return cloud-init's meta-data of a machine (JSON is valid YAML)."""
    data: dict[str, Any] = {"instance-id": uuid, "local-hostname": hostname}
    if key:
        data["public-keys"] = [key.strip()]
    return data


def addresses(vifs: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return a machine's fixed addresses, in the order of its ports."""
    return [
        str(ip["address"])
        for vif in vifs
        for subnet in vif["network"]["subnets"]
        for ip in subnet.get("ips") or ()
    ]


def hosts(hostname: str, own: list[str]) -> str:
    """Return a hosts file that maps the host name to the machine's first fixed address."""
    first = own[0] if own else "127.0.1.1"
    return f"127.0.0.1 localhost\n::1 localhost ip6-localhost\n{first} {hostname}\n"


def resolvers(vifs: Iterable[Mapping[str, Any]]) -> str:
    """Return a resolv.conf with the DNS servers of the machine's subnets, without duplicates."""
    servers = [
        server["address"]
        for vif in vifs
        for subnet in vif["network"]["subnets"]
        for server in subnet.get("dns") or ()
    ]
    return "".join(f"nameserver {server}\n" for server in dict.fromkeys(servers))


def _put(path: Path, content: bytes, mode: int = 0o644) -> None:
    _folder(path.parent)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as out:
        out.write(content)
    path.chmod(mode)  # independent of the umask


def _folder(path: Path) -> None:
    """Create a folder in the upper layer with mode 755: its mode replaces that of the image."""
    if not path.is_dir():
        _folder(path.parent)
        path.mkdir()
        path.chmod(0o755)
