from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pulumi
from pulumi_kubernetes.core.v1 import ConfigMap, ServiceAccount
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from infra.overlay.base.secrets import Secret
from infra.overlay.base.target import MANAGER, Target, annotated, connect
from infra.testing import Plan, plan

if TYPE_CHECKING:
    from collections.abc import Callable

    Deploy = Callable[[Callable[[Target], Any]], Plan]


def transformed(kind: str, props: dict[str, Any]) -> dict[str, Any] | None:
    args = SimpleNamespace(type_=kind, props=props, opts=pulumi.ResourceOptions())
    result = annotated(cast("pulumi.ResourceTransformArgs", args))
    return dict(result.props) if result else None


def test_an_object_gets_our_field_manager_and_keeps_its_own_annotations() -> None:
    metadata = {"name": "a", "annotations": {"b": "c"}}
    assert transformed("kubernetes:core/v1:Secret", {"metadata": metadata, "data": {}}) == {
        "metadata": {"name": "a", "annotations": {"b": "c", **MANAGER}},
        "data": {},
    }
    assert transformed("kubernetes:core/v1:Secret", {"metadata": {}}) == {
        "metadata": {"annotations": MANAGER}
    }


def test_a_resource_that_is_no_kubernetes_object_is_not_changed() -> None:
    assert transformed("kubernetes:helm.sh/v4:Chart", {"chart": "kueue"}) is None
    assert transformed("openstack:networking/port:Port", {"metadata": {}}) is None


def account(name: str, target: Target) -> ServiceAccount:
    return ServiceAccount(name, metadata=ObjectMetaArgs(name=name), opts=target.options)


def test_an_object_depends_on_all_that_its_target_comes_after_and_on_nothing_else(
    deploy: Deploy,
) -> None:
    def program(target: Target) -> None:
        first = account("first", target)
        second = account("second", target.after(first))
        account("third", target.after(first).after(second))
        account("alone", target)

    needs = {
        name: {of for kind, of in found.needs if kind.endswith(":ServiceAccount")}
        for name, found in deploy(program).of("ServiceAccount").items()
    }
    assert needs == {
        "first": set(),
        "second": {"first"},
        "third": {"first", "second"},
        "alone": set(),
    }


def test_an_object_belongs_to_its_component_and_is_an_alias_of_one_of_a_former_component(
    deploy: Deploy,
) -> None:
    def program(target: Target) -> None:
        component = pulumi.ComponentResource("x:y:New", "new", None, target.component_options)
        former = pulumi.create_urn("old", "x:y:Old")
        moved = target.inside(component).moved_from(former)
        ConfigMap("moved", metadata=ObjectMetaArgs(name="moved"), opts=moved.options)

    moved = deploy(program).of("ConfigMap")["moved"]
    assert moved.urn.endswith("x:y:New$kubernetes:core/v1:ConfigMap::moved")
    assert moved.former_parents == ("urn:pulumi:test::foreground::x:y:Old::old",)


def test_objects_are_deleted_with_the_anchor_and_one_by_one_without_one(deploy: Deploy) -> None:
    anchored = deploy(lambda target: account("a", target)).of("ServiceAccount")["a"]
    assert anchored.deleted_with == ("site:index:Secret", "anchor")

    def program() -> None:
        account("a", connect("kubeconfig", "identifier", None, Secret("first")))

    without = plan(program)
    assert without.of("ServiceAccount")["a"].deleted_with is None
    (provider,) = [a for a in without.resources if a.type == "pulumi:providers:kubernetes"]
    assert provider.deleted_with is None
    assert provider.needs == {("site:index:Secret", "first")}
