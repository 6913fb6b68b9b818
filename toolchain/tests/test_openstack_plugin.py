"""Pulumi's SDK for OpenStack and our plugin must mean the same by each name that we use."""

from __future__ import annotations

import collections.abc
import inspect
import json
import re
import subprocess
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args, get_origin

import grpc
import pulumi
import pulumi_openstack
import pytest
from google.protobuf import struct_pb2  # type: ignore[import-untyped]
from pulumi import _types as types_of_the_sdk
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

import toolchain
from toolchain.programs import PROGRAMS

if TYPE_CHECKING:
    from collections.abc import Iterator

TOP = Path(toolchain.__file__).resolve().parent.parent
TOKENS = TOP / "toolchain/modules/pulumi/cmd/pulumi-resource-openstack/tokens.txt"
USED = re.compile(r"\b(blockstorage|compute|networking)\.([A-Z]\w+|get_\w+?)(?:_output)?\(")


def named_in_the_product() -> list[object]:
    """Classes and functions of the SDK that the product calls."""
    sources = [p.read_text() for p in (TOP / "infra").rglob("*.py") if "tests" not in p.parts]
    names = {found for source in sources for found in USED.findall(source)}
    return [getattr(import_module(f"pulumi_openstack.{m}"), name) for m, name in sorted(names)]


def used() -> list[type[pulumi.CustomResource]]:
    """The classes of resources that the product makes."""
    every = named_in_the_product()
    return [
        one for one in every if inspect.isclass(one) and issubclass(one, pulumi.CustomResource)
    ]


@pytest.fixture(scope="module")
def plugin() -> Iterator[Any]:
    command = [
        str(toolchain.path("pulumi-resource-openstack")),
        "127.0.0.1:1",
    ]  # it asks no engine
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout
        port = running.stdout.readline().strip()
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield provider_pb2_grpc.ResourceProviderStub(channel)
        running.terminate()


def test_the_tokens_are_the_sdks() -> None:
    source = inspect.getsource(pulumi_openstack)
    blocks = re.findall(r'resource_modules="""(.*?)"""', source, re.DOTALL)
    of_the_sdk = {
        token for block in blocks for module in json.loads(block) for token in module["classes"]
    }
    assert of_the_sdk
    assert of_the_sdk <= set(TOKENS.read_text().split())


@pytest.fixture(scope="module")
def mapping(plugin: Any) -> Any:  # noqa: ANN401 -- JSON
    """What the plugin says of itself."""
    answer = plugin.GetMapping(provider_pb2.GetMappingRequest(key="terraform"), timeout=30)
    return json.loads(answer.data)


@pytest.mark.engine
def test_the_plugin_has_the_sdks_version(mapping: Any) -> None:  # noqa: ANN401 -- JSON
    assert mapping["version"] == PROGRAMS["pulumi-resource-openstack"].version


@pytest.mark.engine
def test_the_plugin_knows_each_function(mapping: Any) -> None:  # noqa: ANN401 -- JSON
    functions = [one for one in named_in_the_product() if inspect.isfunction(one)]
    wanted = {re.findall(r"'(openstack:\S+)'", inspect.getsource(one))[0] for one in functions}
    assert wanted
    assert wanted <= {source["tok"] for source in mapping["dataSources"].values()}


@pytest.mark.engine
@pytest.mark.parametrize("resource", used(), ids=lambda resource: resource.__name__)
def test_the_plugin_knows_each_property_of(
    plugin: Any,  # noqa: ANN401 -- untyped stub
    resource: type[pulumi.CustomResource],
) -> None:
    token = resource.pulumi_type  # type: ignore[attr-defined]
    module = inspect.getmodule(resource)
    inputs = struct_pb2.Struct()
    inputs.update(example(getattr(module, f"{resource.__name__}Args")))
    inputs.update({"nobodyKnowsThis": "1"})
    checked = plugin.Check(
        provider_pb2.CheckRequest(
            urn=f"urn:pulumi:test::probe::{token}::x", type=token, name="x", news=inputs
        ),
        timeout=30,
    )
    unknown = [fault.reason for fault in checked.failures if "unknown key" in fault.reason]
    assert unknown == ["Invalid or unknown key. Examine values at 'x.nobodyKnowsThis'."]


def example(arguments: type) -> dict[str, Any]:
    """A value for each property that these arguments can have, by its name on the wire."""
    wanted = types_of_the_sdk.input_type_types(arguments)
    return {name: _value(kind) for name, kind in wanted.items()}


def _value(kind: Any) -> Any:  # noqa: ANN401 -- walks over types
    kind = types_of_the_sdk.unwrap_type(kind)
    if types_of_the_sdk.is_input_type(kind):
        return example(kind)
    if get_origin(kind) is collections.abc.Sequence or get_origin(kind) is list:
        return [_value(get_args(kind)[0])]
    if get_origin(kind) in (collections.abc.Mapping, dict):
        return {"key": "1"}
    return True if kind is bool else "1"
