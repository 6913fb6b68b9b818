"""Validation errors of pydantic, translated into sentences for an operator."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any, Final, get_args, get_origin

from pydantic import BaseModel

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

__all__ = ["closest", "sentences"]

_WANTED: Final = {
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "dict_type": "a section with keys of its own",
    "float_parsing": "a number",
    "greater_than": "more than {gt}",
    "greater_than_equal": "at least {ge}",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "int_type": "a whole number",
    "ip_v4_address": "an IPv4 address such as 10.0.0.1",
    "ip_v4_network": "a range of addresses such as 10.0.0.0/24",
    "less_than_equal": "at most {le}",
    "list_type": "a list",
    "literal_error": "{expected}",
    "model_type": "a section with keys of its own",
    "path_type": "the path of a file",
    "string_pattern_mismatch": "of the form {pattern}",
    "string_too_long": "at most {max_length} characters",
    "string_too_short": "not empty",
    "string_type": "text",
}
"""Allowed value, by pydantic's type of the error."""

_SHOWN: Final = 60
"""Length at which a wrong value is cut in a sentence."""


def closest(typed: str, known: Iterable[str]) -> str:
    """Suggest the known name that is most similar to the typed one, or list all known names."""
    choices = sorted(known)
    if near := difflib.get_close_matches(typed, choices, n=1):
        return f"did you mean '{near[0]}'?"
    return f"there is {', '.join(choices)}" if choices else "there is none"


def sentences(error: ValidationError, model: type[BaseModel]) -> list[str]:
    """Return one sentence for each error: the key and the allowed value."""
    return [_sentence(fault, model) for fault in error.errors(include_url=False)]


def _sentence(fault: ErrorDetails, model: type[BaseModel]) -> str:
    where = ".".join(str(part) for part in fault["loc"] if part != "[key]")
    if fault["type"] == "extra_forbidden":
        section, key = fault["loc"][:-1], str(fault["loc"][-1])
        return f"{where}: no such key; {closest(key, _keys_at(model, section))}"
    if fault["type"] == "missing":
        return f"{where}: is missing; {_description_at(model, fault['loc'])}"
    if fault["type"] == "value_error":
        message = str(fault["ctx"]["error"])
        return f"{where}: {message}" if where else message
    wanted = _WANTED.get(fault["type"])
    if not wanted:
        return f"{where}: {fault['msg']}"
    wanted = wanted.format(**fault.get("ctx", {}))
    return f"{where}: must be {wanted}, not {str(fault['input'])[:_SHOWN]!r}"


def _section(annotation: Any) -> Any:  # noqa: ANN401 - a type, or a generic alias of types
    """Return the one section or map in an annotation such as `Storage | None`."""
    if get_origin(annotation) is dict:
        return annotation
    for choice in get_args(annotation):
        if found := _section(choice):
            return found
    is_model = isinstance(annotation, type) and issubclass(annotation, BaseModel)
    return annotation if is_model else None


def _at(model: type[BaseModel], where: Sequence[str | int]) -> Any:  # noqa: ANN401 - as above
    """Return the type of the section or map at a path of keys, if there is one."""
    here: Any = model
    for part in where:
        if get_origin(here) is dict:
            here = _section(get_args(here)[1])
            continue
        field = _fields(here).get(str(part)) if here else None
        here = _section(field.annotation) if field else None
    return here


def _fields(section: type[BaseModel]) -> dict[str, Any]:
    """Return the fields that are keys of the site file, by key: `Site.name` is none."""
    fields = section.model_fields.items()
    return {field.alias or name: field for name, field in fields if not field.exclude}


def _keys_at(model: type[BaseModel], where: Sequence[str | int]) -> list[str]:
    section = _at(model, where)
    return list(_fields(section)) if section and get_origin(section) is not dict else []


def _description_at(model: type[BaseModel], where: Sequence[str | int]) -> str:
    section = _at(model, where[:-1])
    field = _fields(section).get(str(where[-1])) if section else None
    text = (field.description or "") if field else ""
    first = text.partition(" ")[0]
    return text[:1].lower() + text[1:] if first[1:].islower() else text  # not "sSH", "openStack"
