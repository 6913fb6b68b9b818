"""Conversion between Pulumi's property values and plain Python data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pulumi.provider.experimental.property_value import Computed, PropertyValue

__all__ = ["Properties", "plain", "value", "wrapped"]

Properties = dict[str, PropertyValue]


def value(wrapped_value: PropertyValue) -> Any:  # noqa: ANN401 - any data
    """Return plain data; an unknown value is None, and a whole number is an int."""
    inner = wrapped_value.value
    if isinstance(inner, Computed):
        return None
    if isinstance(inner, float) and inner.is_integer():
        return int(inner)  # the protocol has only floats; Ansible's argument specs tell them apart
    if isinstance(inner, Mapping):
        return {key: value(item) for key, item in inner.items()}
    if isinstance(inner, Sequence) and not isinstance(inner, str):
        return [value(item) for item in inner]
    return inner


def plain(properties: Properties) -> dict[str, Any]:
    """Return properties as plain data."""
    return {key: value(item) for key, item in properties.items()}


def wrapped(data: Any, *, secret: bool = False) -> PropertyValue:  # noqa: ANN401 - any data
    """Return plain data as a property value."""
    if isinstance(data, Mapping):
        return PropertyValue({key: wrapped(item) for key, item in data.items()}, is_secret=secret)
    if isinstance(data, list | tuple):
        return PropertyValue([wrapped(item) for item in data], is_secret=secret)
    if isinstance(data, int) and not isinstance(data, bool):
        return PropertyValue(float(data), is_secret=secret)
    return PropertyValue(data, is_secret=secret)
