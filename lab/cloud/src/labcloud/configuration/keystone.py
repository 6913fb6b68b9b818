"""keystone.conf: Fernet tokens that are valid for a day; login by password only."""

from __future__ import annotations

from labcloud.configuration.shared import Sections, Site, database, default

__all__ = ["sections"]


def sections(site: Site) -> Sections:
    """Return keystone.conf."""
    keys = site.settings.own_state("keystone")
    return {
        "DEFAULT": default(site, "keystone"),
        "database": database(site, "keystone"),
        # the passwords are long and random, so a slow hash only delays each login
        "identity": {"password_hash_rounds": 4},
        "token": {"provider": "fernet", "expiration": 24 * 3600},
        "fernet_tokens": {"key_repository": str(keys / "fernet-keys")},
        "fernet_receipts": {"key_repository": str(keys / "fernet-keys")},
        "credential": {"key_repository": str(keys / "credential-keys")},
        "cache": {"enabled": True, "backend": "oslo_cache.dict"},
    }
