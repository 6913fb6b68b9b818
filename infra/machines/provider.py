"""Pulumi's OpenStack provider for the site's cloud, by the cloud's entry in clouds.yaml."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pulumi_openstack
import yaml

from infra.errors import ForegroundError
from infra.site.sentences import closest

if TYPE_CHECKING:
    from infra.site import Site

__all__ = ["cloud_provider"]

_PATHS: Final = (
    Path("clouds.yaml"),
    Path.home() / ".config/openstack/clouds.yaml",
    Path("/etc/openstack/clouds.yaml"),
)
"""Where every OpenStack client searches, unless OS_CLIENT_CONFIG_FILE names one file."""


def cloud_provider(site: Site) -> pulumi_openstack.Provider:
    """Return the provider of the site's cloud; it reads the credentials itself.

    Raises:
        ForegroundError: There is no such entry. The provider itself would report it badly.
    """
    named = os.environ.get("OS_CLIENT_CONFIG_FILE")
    paths = (Path(named),) if named else _PATHS
    file = next((path for path in paths if path.is_file()), None)
    if not file:
        raise ForegroundError(
            f"There is no clouds.yaml: {' or '.join(map(str, paths))}",
            "Start the cloud, or set OS_CLIENT_CONFIG_FILE to the path of its clouds.yaml",
        )
    entries = (yaml.safe_load(file.read_text()) or {}).get("clouds") or {}
    if site.cloud.entry not in entries:
        raise ForegroundError(
            f"{file} has no entry {site.cloud.entry}; {closest(site.cloud.entry, entries)}",
            "Correct cloud.entry in the site file, or clouds.yaml",
        )
    return pulumi_openstack.Provider("cloud", cloud=site.cloud.entry)
