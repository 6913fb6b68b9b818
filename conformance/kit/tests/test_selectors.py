from __future__ import annotations

from typing import Any

import pytest

from conformance.kit.site.selectors import matches

LABELS = {"a": "1", "b": "2"}


@pytest.mark.parametrize(
    ("selector", "true"),
    [
        (None, True),
        ({}, True),
        ({"matchLabels": {"a": "1"}}, True),
        ({"matchLabels": {"a": "2"}}, False),
        ({"matchLabels": {"c": "1"}}, False),
        ({"matchExpressions": [{"key": "a", "operator": "In", "values": ["1", "3"]}]}, True),
        ({"matchExpressions": [{"key": "c", "operator": "In", "values": ["1"]}]}, False),
        ({"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["1"]}]}, False),
        ({"matchExpressions": [{"key": "c", "operator": "NotIn", "values": ["1"]}]}, True),
        ({"matchExpressions": [{"key": "a", "operator": "Exists"}]}, True),
        ({"matchExpressions": [{"key": "a", "operator": "DoesNotExist"}]}, False),
        (
            {
                "matchLabels": {"a": "1"},
                "matchExpressions": [{"key": "c", "operator": "Exists"}],
            },
            False,
        ),
    ],
)
def test_selectors_match_as_in_the_api_server(
    selector: dict[str, Any] | None,
    true: bool,  # noqa: FBT001 - an expectation
) -> None:
    assert matches(selector, LABELS) is true


def test_an_unknown_operator_is_an_error() -> None:
    with pytest.raises(ValueError, match="no operator Gt"):
        matches({"matchExpressions": [{"key": "a", "operator": "Gt", "values": ["1"]}]}, LABELS)
