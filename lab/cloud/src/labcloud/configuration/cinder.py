"""cinder.conf: one backend, with volumes as sparse files."""

from __future__ import annotations

from labcloud.configuration.shared import (
    NEVER,
    Sections,
    Site,
    database,
    default,
    lock,
    login,
    tokens,
)

__all__ = ["BACKEND", "sections"]

BACKEND = "files"


def sections(site: Site) -> Sections:
    """Return cinder.conf."""
    settings = site.settings
    own, files = settings.own_state("cinder"), settings.configuration("cinder")
    return {
        "DEFAULT": default(
            site,
            "cinder",
            host="storage",
            state_path=str(own),
            auth_strategy="keystone",
            api_paste_config=str(files / "api-paste.ini"),
            resource_query_filters_file=str(files / "resource_filters.json"),
            enabled_backends=BACKEND,
            default_volume_type="__DEFAULT__",
            periodic_fuzzy_delay=0,
            report_interval=30,
            service_down_time=NEVER,
            glance_api_servers=settings.url("glance"),
            rootwrap_config="/dev/null",  # it runs as root
        ),
        BACKEND: {
            "volume_driver": "labcloud.cinder.driver.FileVolumeDriver",
            "volume_backend_name": BACKEND,
            "volumes_dir": str(settings.volumes),
        },
        "database": database(site, "cinder"),
        "keystone_authtoken": tokens(site, "cinder"),
        "service_user": login(site, "cinder", send_service_user_token=True),
        "nova": login(site, "nova", interface="public"),
        "oslo_concurrency": lock(site, "cinder"),
        "coordination": {"backend_url": f"file://{own / 'coordination'}"},
        "oslo_messaging_notifications": {"driver": "noop"},
    }
