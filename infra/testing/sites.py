"""Complete site for tests: a committed site file with every capability, and the files it names."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import yaml
from pydantic.alias_generators import to_camel

from infra.site import NAMESPACE, file_of, read
from infra.site.values import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["complete_site", "configuration", "without_overlay"]

_EXAMPLES: dict[str, dict[str, Any]] = {
    "accelerators": {"image": "mirror.example:5000/plugin:v1", "arguments": ["-a"]},
    "identity": {
        "issuer": "https://iam.example/",
        "allowedGroups": ["people"],
        "adminGroups": ["operators"],
    },
    "ingress": {
        "host": "hub.example",
        "port": 8443,
        "hosts": {"iam.example": "192.0.2.7"},
    },
    "notebooks": {"millicpus": 200, "memory": 512},
}
"""Values that tests expect, in place of those of the site file."""


def complete_site(folder: Path, name: str = "local") -> dict[str, Any]:
    """Return the sections of a site that has every capability.

    They come from the site file, so that no test keeps a list of sections. Each file that they
    name is written to the folder, as `<section>-<key>` with the text `<section>-<key> of
    somebody`; the cloud's entry is in the folder's clouds.yaml.

    Args:
        folder: An empty folder.
        name: Name of the site file.
    """
    config = yaml.safe_load((REPOSITORY / file_of(name)).read_text())["config"]
    sections = {key.removeprefix(f"{NAMESPACE}:"): value for key, value in config.items()}
    for section, changed in _EXAMPLES.items():
        sections[section] |= changed
    for section, keys in sections.items():
        for key in [key for key in keys if key.endswith("File")]:
            file = folder / f"{section}-{key}"
            file.write_text(f"{file.name} of somebody\n")
            keys[key] = str(file)
    (folder / "access-keyFile.pub").write_text("ssh-ed25519 AAAA somebody\n")
    clouds: dict[str, Any] = {"clouds": {sections["cloud"]["entry"]: {}}}
    (folder / "clouds.yaml").write_text(yaml.safe_dump(clouds))
    return sections


def without_overlay(sections: Mapping[str, Any]) -> dict[str, Any]:
    """Return the sections without those that run on the cluster."""
    on_cluster = {to_camel(name) for name in read("local", sections).on_cluster}
    return {key: value for key, value in sections.items() if key not in on_cluster}


def configuration(sections: Mapping[str, Any], **changes: Mapping[str, Any]) -> dict[str, str]:
    """Return a site in the form in which Pulumi gives it to programs.

    Args:
        sections: Its sections.
        changes: Keys that are changed, by section; a key that holds keys itself keeps its others.
    """
    changed = {section: dict(sections[section]) for section in changes}
    for section, keys in changes.items():
        for key, value in keys.items():
            nested = isinstance(value, dict)
            changed[section][key] = {**sections[section][key], **value} if nested else value
    return {f"{NAMESPACE}:{key}": json.dumps(v) for key, v in {**sections, **changed}.items()}
