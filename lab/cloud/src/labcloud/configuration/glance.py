"""glance-api.conf: one store, with images as plain files."""

from __future__ import annotations

from labcloud.configuration.shared import Sections, Site, database, default, lock, tokens

__all__ = ["sections"]


def sections(site: Site) -> Sections:
    """Return glance-api.conf."""
    settings = site.settings
    own = settings.own_state("glance")
    paste = settings.configuration("glance") / "glance-api-paste.ini"
    return {
        "DEFAULT": default(
            site,
            "glance",
            enabled_backends="local:file",
            bind_host=settings.listen,
            worker_self_reference_url=settings.url("glance"),
        ),
        "database": database(site, "glance"),
        "glance_store": {"default_backend": "local"},
        "local": {"filesystem_store_datadir": str(settings.state / "images")},
        "os_glance_staging_store": {"filesystem_store_datadir": str(own / "staging")},
        "os_glance_tasks_store": {"filesystem_store_datadir": str(own / "tasks")},
        "keystone_authtoken": tokens(site, "glance"),
        "paste_deploy": {"flavor": "keystone", "config_file": str(paste)},
        "oslo_concurrency": lock(site, "glance"),
    }
