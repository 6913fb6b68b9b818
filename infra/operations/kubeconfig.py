"""Kubeconfig for use outside the site: the API's public address, and a fixed TLS server name."""

from __future__ import annotations

from typing import Final

import yaml

__all__ = ["INSIDE_NAME", "for_people"]

INSIDE_NAME: Final = "kubernetes.default.svc"
"""It is in every API server's certificate, so a new floating IP needs no new certificate."""


def for_people(text: str, public_address: str) -> str:
    """Return an administrator's kubeconfig that reaches the API by its public address.

    Args:
        text: As kubeadm wrote it, with the address inside the site.
        public_address: The floating IP; empty leaves the inside address as it is.
    """
    config = yaml.safe_load(text)
    for entry in config["clusters"]:
        cluster = entry["cluster"]
        if public_address:
            port = cluster["server"].rpartition(":")[2]
            cluster["server"] = f"https://{public_address}:{port}"
        cluster["tls-server-name"] = INSIDE_NAME
    return str(yaml.safe_dump(config, sort_keys=False))
