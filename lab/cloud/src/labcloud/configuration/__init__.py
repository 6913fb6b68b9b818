"""Configuration files of the six OpenStack services, generated from the settings."""

from __future__ import annotations

import configparser
import io
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labcloud import private_files
from labcloud.configuration import cinder, glance, keystone, neutron, nova, placement

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from labcloud.configuration.shared import Sections, Site
    from labcloud.settings import Settings

__all__ = ["main_file", "render", "write"]


@dataclass(frozen=True)
class _Files:
    """Files in the configuration folder of a service."""

    main: str
    sections: Callable[[Site], Sections]
    shipped: tuple[str, ...] = ()
    """Files that the service's package installs; they are copied unchanged."""


FILES = {
    "keystone": _Files("keystone.conf", keystone.sections),
    "placement": _Files("placement.conf", placement.sections),
    "glance": _Files("glance-api.conf", glance.sections, ("glance-api-paste.ini",)),
    "neutron": _Files("neutron.conf", neutron.sections, ("api-paste.ini",)),
    "cinder": _Files("cinder.conf", cinder.sections, ("api-paste.ini", "resource_filters.json")),
    "nova": _Files("nova.conf", nova.sections, ("api-paste.ini",)),
}


def main_file(settings: Settings, service: str) -> Path:
    """Return the path of a service's main configuration file."""
    return settings.configuration(service) / FILES[service].main


def write(site: Site, installed: Path) -> None:
    """Write all files again; they are generated, so manual changes are lost.

    Args:
        site: The settings and the passwords.
        installed: The Python environment that OpenStack is installed in.
    """
    for service, files in FILES.items():
        folder = private_files.folder(site.settings.configuration(service))
        private_files.folder(site.settings.own_state(service))
        for name in files.shipped:
            shutil.copyfile(installed / "etc" / service / name, folder / name)
        private_files.write(folder / files.main, render(files.sections(site)))
    inventory = private_files.folder(nova.inventory_folder(site.settings))
    private_files.write(inventory / "accelerators.yaml", nova.inventory(site.settings))


def render(sections: Sections) -> str:
    """Return sections in the format of oslo.config: no interpolation, no default section."""
    parser = configparser.RawConfigParser(default_section="no section is the default")
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # as configparser documents
    parser.read_dict(
        {
            section: {option: str(value) for option, value in options.items()}
            for section, options in sections.items()
        }
    )
    text = io.StringIO()
    parser.write(text)
    return text.getvalue()
