"""placement.conf: the database and the validation of tokens."""

from __future__ import annotations

from labcloud.configuration.shared import Sections, Site, database, default, tokens

__all__ = ["sections"]


def sections(site: Site) -> Sections:
    """Return placement.conf."""
    return {
        "DEFAULT": default(site, "placement"),
        "placement_database": database(site, "placement"),
        "api": {"auth_strategy": "keystone"},
        "keystone_authtoken": tokens(site, "placement"),
    }
