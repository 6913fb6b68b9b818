"""Cloud: the way to the site's OpenStack, by the name of its entry in clouds.yaml."""

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

__all__ = ["connect"]

_PLACES: Final = (
    Path("clouds.yaml"),
    Path.home() / ".config/openstack/clouds.yaml",
    Path("/etc/openstack/clouds.yaml"),
)
"""Where every OpenStack client looks, if OS_CLIENT_CONFIG_FILE does not say where."""


def connect(site: Site) -> pulumi_openstack.Provider:
    """Return the provider of the site's cloud; it reads the credentials itself.

    Raises:
        ForegroundError: There is no such entry; asked now, because the provider tells it badly.
    """
    said = os.environ.get("OS_CLIENT_CONFIG_FILE")
    places = (Path(said),) if said else _PLACES
    file = next((place for place in places if place.is_file()), None)
    if not file:
        raise ForegroundError(
            f"There is no clouds.yaml: {' or '.join(map(str, places))}",
            "Start or name the cloud: OS_CLIENT_CONFIG_FILE says where its clouds.yaml is",
        )
    entries = (yaml.safe_load(file.read_text()) or {}).get("clouds") or {}
    if site.cloud.entry not in entries:
        raise ForegroundError(
            f"{file} has no entry {site.cloud.entry}; {closest(site.cloud.entry, entries)}",
            "Mend cloud.entry in the site file, or clouds.yaml",
        )
    return pulumi_openstack.Provider("cloud", cloud=site.cloud.entry)
