"""Parser of site files and of Pulumi's configuration: returns a Site, or all faults at once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import yaml
from pydantic import TypeAdapter, ValidationError

from infra.errors import ForegroundError

from . import checks
from .sentences import closest, sentences
from .site import Site
from .values import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["NAMESPACE", "file_of", "read", "read_config", "read_file"]

NAMESPACE: Final = "foreground"
"""Namespace of the site's keys in Pulumi's configuration."""

_NO_KEY: Final = "name: no such key; a site has the name of its stack"


def read(name: str, sections: Mapping[str, Any]) -> Site:
    """Validate the sections of a site file.

    Args:
        name: Name of the site and of its stack.
        sections: Sections by key, without the namespace.

    Raises:
        ForegroundError: There are faults: one sentence for each, in one section or across several.
    """
    given = {key: value for key, value in sections.items() if key != "name"}
    found = [_NO_KEY] if "name" in sections else []
    try:
        site = Site.model_validate({**given, "name": name})
    except ValidationError as error:
        found += sentences(error, Site)
        found += checks.faults(*_well_written(name, given))
    else:
        found += checks.faults(site)
        if not found:
            return site
    file, hint = file_of(name), f"Edit it and type `pulumi up -s {name}`"
    if len(found) == 1:
        raise ForegroundError(f"{file}: {found[0]}", hint)
    raise ForegroundError(f"{file} has {len(found)} faults", hint, details=found)


def _well_written(name: str, given: Mapping[str, Any]) -> tuple[Site, set[str]]:
    """Return a site with the valid sections only, and the names of the invalid ones."""
    valid: dict[str, Any] = {"name": name}
    faulty: set[str] = set()
    for field, info in Site.model_fields.items():
        key = info.alias or field
        if key not in given:
            if info.is_required() and field != "name":
                faulty.add(field)
            continue
        try:
            valid[field] = TypeAdapter(info.rebuild_annotation()).validate_python(given[key])
        except ValidationError:
            faulty.add(field)
    return Site.model_construct(**valid), faulty


def read_config(name: str, config: Mapping[str, Any]) -> Site:
    """Read a stack's configuration; each section in it is JSON text or plain data."""
    prefix = f"{NAMESPACE}:"
    return read(
        name,
        {
            key.removeprefix(prefix): _parsed(value)
            for key, value in config.items()
            if key.startswith(prefix)
        },
    )


def read_file(name: str) -> Site:
    """Read a site file without Pulumi, as conformance does."""
    path = REPOSITORY / file_of(name)
    if not path.is_file():
        there = [p.stem.removeprefix("Pulumi.") for p in path.parent.glob("Pulumi.*.yaml")]
        raise ForegroundError(
            f"There is no site {name}: {closest(name, there)}",
            f"Copy the file of another site to {file_of(name)} and edit it",
        )
    return read_config(name, yaml.safe_load(path.read_text()).get("config") or {})


def _parsed(value: Any) -> Any:  # noqa: ANN401 - whatever the operator wrote
    """Parse one value: Pulumi passes sections as JSON, and single values as text."""
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return value


def file_of(name: str) -> str:
    """Return the path of a site's file, relative to the repository."""
    return f"stacks/sites/Pulumi.{name}.yaml"
