from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pulumi

from infra.overlay.base.target import MANAGER, signed


def transformed(kind: str, props: dict[str, Any]) -> dict[str, Any] | None:
    args = SimpleNamespace(type_=kind, props=props, opts=pulumi.ResourceOptions())
    result = signed(cast("pulumi.ResourceTransformArgs", args))
    return dict(result.props) if result else None


def test_an_object_is_ours_by_one_name_and_keeps_its_own_annotations() -> None:
    metadata = {"name": "a", "annotations": {"b": "c"}}
    assert transformed("kubernetes:core/v1:Secret", {"metadata": metadata, "data": {}}) == {
        "metadata": {"name": "a", "annotations": {"b": "c", **MANAGER}},
        "data": {},
    }
    assert transformed("kubernetes:core/v1:Secret", {"metadata": {}}) == {
        "metadata": {"annotations": MANAGER}
    }


def test_what_is_no_object_stays_as_it_is() -> None:
    assert transformed("kubernetes:helm.sh/v4:Chart", {"chart": "kueue"}) is None
    assert transformed("openstack:networking/port:Port", {"metadata": {}}) is None
