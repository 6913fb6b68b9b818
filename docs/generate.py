"""Writes docs/reference/site-file.md from infra/site: `python docs/generate.py > THAT`."""  # noqa: INP001

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from infra.site import Site

if TYPE_CHECKING:
    from collections.abc import Iterator

Schema = dict[str, Any]

HEAD = """\
# The site file

`stacks/sites/Pulumi.<site>.yaml` describes one site. Its keys stand below `config:` and begin
with `foreground:`, so the section `cloud` reads `foreground:cloud:`. A key that is not on this
page is refused, and the nearest one that is gets named. Relative paths start in the repository.
Secrets never stand here: credentials of the cloud are in `clouds.yaml`, and this file names the
entry.

[`stacks/sites/Pulumi.local.yaml`](../../stacks/sites/Pulumi.local.yaml) is a whole one.

This page is made from `infra/site`: edit that, then type
`python docs/generate.py > docs/reference/site-file.md`.
"""


def main() -> None:
    """Write the page to standard output."""
    schema = Site.model_json_schema()
    del schema["properties"]["name"]  # the stack says it
    sections = schema["$defs"]
    lines = [HEAD, *table("The sections", schema, sections)]
    for key, value in schema["properties"].items():
        for path, name in below(key, value, sections):
            lines += ["", *table(path, sections[name], sections)]
    sys.stdout.write("\n".join(lines) + "\n")


def below(key: str, value: Schema, sections: Schema) -> Iterator[tuple[str, str]]:
    """A section's path and model, then those of the sections in it."""
    name = referred(value)
    if name is None:
        return
    path = f"{key}.<name>" if "additionalProperties" in value else key
    yield path, name
    for inner, what in sections[name]["properties"].items():
        yield from below(f"{path}.{inner}", what, sections)


def referred(value: Schema) -> str | None:
    """The model that a value is, may be, or is a map of."""
    inner = value.get("additionalProperties")
    kinds = [value, *value.get("anyOf", ()), *([inner] if isinstance(inner, dict) else ())]
    return next((kind["$ref"].rpartition("/")[2] for kind in kinds if "$ref" in kind), None)


def table(title: str, model: Schema, sections: Schema) -> Iterator[str]:
    """One section."""
    heading = title if title == "The sections" else f"`{title}`"
    yield f"## {heading}\n"
    if title != "The sections":
        yield f"{model['description']}\n"
    yield "| key | what | kind | if left out |"
    yield "|---|---|---|---|"
    required = model.get("required", ())
    for key, value in model["properties"].items():
        missing = "must be there" if key in required else default(value, sections)
        yield f"| `{key}` | {value['description']} | {kind(value)} | {missing} |"


def default(value: Schema, sections: Schema) -> str:
    """What holds when a key is not there."""
    if value.get("default") is not None:
        return f"`{json.dumps(value['default'])}`"
    model = referred(value)
    whole = model and not value.get("anyOf") and not sections[model].get("required")
    return "its own defaults" if whole else "none"


def kind(value: Schema) -> str:
    """What a value may be, in words."""
    if "anyOf" in value:
        return " or ".join(kind(one) for one in value["anyOf"] if one.get("type") != "null")
    if "enum" in value:
        return ", ".join(f"`{one}`" for one in value["enum"])
    if isinstance(inner := value.get("additionalProperties"), dict):
        return "sections by name" if "$ref" in inner else f"{kind(inner)}, by name"
    if value.get("type") == "array":
        return f"list of {kind(value['items'])}"
    if "$ref" in value:
        return "section"
    return ranged(value)


def ranged(value: Schema) -> str:
    """A single value and its bounds."""
    words = {
        "ipv4network": "IPv4 range",
        "ipv4": "IPv4 address",
        "path": "file",
        "boolean": "`true`, `false`",
        "integer": "number",
        "string": "text",
    }
    word = words[value.get("format") or value["type"]]
    lowest, highest = value.get("minimum"), value.get("maximum")
    if highest is not None:
        return f"{word}, {lowest} to {highest}"
    return f"{word}, at least {lowest}" if lowest is not None else word


if __name__ == "__main__":
    main()
