"""Generator of docs/reference/site-file.md: prints the page from the JSON schema of infra.site."""  # noqa: INP001

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from infra.site import Site
from infra.site.capability import Capability

if TYPE_CHECKING:
    from collections.abc import Iterator

Schema = dict[str, Any]

ALL = "Sections"

HEAD = """\
# The site file

`stacks/sites/Pulumi.<site>.yaml` describes one site. Its keys are below `config:` and have the
prefix `foreground:`, so the section `cloud` is written `foreground:cloud:`. Unknown keys are
refused, with the most similar known key in the error. All errors of a file are shown at once.

- Paths are files on the computer that deploys; relative paths start in the repository.
- The file holds no secrets: credentials of the cloud are in `clouds.yaml`, and other secrets are
  in files that the site file names.
- An optional section without a default turns its capability off when it is absent.

[`stacks/sites/Pulumi.local.yaml`](../../stacks/sites/Pulumi.local.yaml) is a complete example.

This page is generated from `infra/site`. To change it, edit the descriptions there and type
`python docs/generate.py > docs/reference/site-file.md`.
"""


def main() -> None:
    """Write the page to standard output."""
    schema = Site.model_json_schema()
    del schema["properties"]["name"]  # the name of the stack, not a key of the file
    sections = schema["$defs"]
    lines = [HEAD, *table(ALL, schema, sections)]
    for key, value in schema["properties"].items():
        for path, name in below(key, value, sections):
            lines += ["", *table(path, sections[name], sections)]
    sys.stdout.write("\n".join(lines) + "\n")


def below(key: str, value: Schema, sections: Schema) -> Iterator[tuple[str, str]]:
    """Yield path and model of a section, then of each section inside it."""
    name = referred(value)
    if name is None:
        return
    path = f"{key}.<name>" if "additionalProperties" in value else key
    yield path, name
    for inner, what in sections[name]["properties"].items():
        yield from below(f"{path}.{inner}", what, sections)


def referred(value: Schema) -> str | None:
    """Return the model of a value: directly, as an alternative, or as values of a map."""
    inner = value.get("additionalProperties")
    kinds = [value, *value.get("anyOf", ()), *([inner] if isinstance(inner, dict) else ())]
    return next((kind["$ref"].rpartition("/")[2] for kind in kinds if "$ref" in kind), None)


def table(title: str, model: Schema, sections: Schema) -> Iterator[str]:
    """Yield the lines of one section: heading, description, table of keys."""
    yield f"## {title if title == ALL else f'`{title}`'}\n"
    if title != ALL:
        yield f"{model['description']}{needs(model)}\n"
    yield "| key | description | type | default |"
    yield "|---|---|---|---|"
    required = model.get("required", ())
    for key, value in model["properties"].items():
        missing = "required" if key in required else default(value, sections)
        yield f"| `{key}` | {value['description']} | {kind(value)} | {missing} |"


def needs(model: Schema) -> str:
    """Return a sentence with the sections that a capability needs, or an empty text."""
    classes = {section.__name__: section for section in Capability.__subclasses__()}
    section = classes.get(model["title"], Capability)
    names = ", ".join(f"`{name}`" for name in section.needs)
    return f" Sections that it needs: {names}." if names else ""


def default(value: Schema, sections: Schema) -> str:
    """Return what applies when a key is absent."""
    if value.get("default") is not None:
        return f"`{json.dumps(value['default'])}`"
    model = referred(value)
    whole = model and not value.get("anyOf") and not sections[model].get("required")
    return "defaults of its keys" if whole else "none"


def kind(value: Schema) -> str:
    """Return the type of a value, in words."""
    if "anyOf" in value:
        return " or ".join(kind(one) for one in value["anyOf"] if one.get("type") != "null")
    if "enum" in value:
        return ", ".join(f"`{one}`" for one in value["enum"])
    if isinstance(inner := value.get("additionalProperties"), dict):
        return f"map of name to {kind(inner)}"
    if value.get("type") == "array":
        return f"list of {kind(value['items'])}"
    if "$ref" in value:
        return "section"
    return ranged(value)


def ranged(value: Schema) -> str:
    """Return the type of a single value, with its bounds."""
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
