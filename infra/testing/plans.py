"""Plan: the resources that a Pulumi program declares, recorded by Pulumi's own mocks."""

from __future__ import annotations

import asyncio
import contextlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pulumi.runtime import rpc, settings
from pulumi.runtime.config import set_all_config
from pulumi.runtime.mocks import MockCallArgs, MockMonitor, MockResourceArgs, Mocks, set_mocks
from pulumi.runtime.proto import callback_pb2
from pulumi.runtime.settings import set_root_resource
from pulumi.runtime.stack import run_in_stack

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Plan", "Resource", "id_of", "plan"]

_STACK = "pulumi:pulumi:Stack"
_SERVICE = "kubernetes:core/v1:Service"
_MADE_ONCE = ("value", "authority", "certificate", "key")
"""Outputs of our plugin's secrets and certificates."""


@dataclass(frozen=True)
class Resource:
    """One resource, as the program registers it with the engine.

    Attributes:
        type: Its type token in Pulumi.
        name: Its name in the stack.
        urn: Its URN.
        inputs: Its inputs as plain data; the ids of other resources in it are those of id_of().
        needs: The resources that it depends on, as (type, name), those of its inputs included.
        protect: Whether Pulumi refuses to delete it.
        delete_before_replace: Whether it is deleted before its replacement is created.
        deleted_with: The resource with which it is deleted, as (type, name).
        ignores: Properties whose changes are ignored.
        former_parents: URNs of parents that it may have had before, from its aliases.
    """

    type: str
    name: str
    urn: str
    inputs: dict[str, Any]
    needs: frozenset[tuple[str, str]]
    protect: bool
    delete_before_replace: bool
    deleted_with: tuple[str, str] | None
    ignores: tuple[str, ...] = ()
    former_parents: tuple[str, ...] = ()


@dataclass
class Plan:
    """All resources that a program declared, in its order, and the outputs of its stack.

    Attributes:
        resources: The resources.
        outputs: The outputs.
        secrets: Names of the outputs that are secret.
    """

    resources: list[Resource] = field(default_factory=list)
    outputs: dict[str, Any] = field(default_factory=dict)
    secrets: set[str] = field(default_factory=set)

    def of(self, kind: str) -> dict[str, Resource]:
        """Return the resources whose type ends with ``kind``, by name."""
        return {r.name: r for r in self.resources if r.type.endswith(f":{kind}")}

    @property
    def keys(self) -> set[tuple[str, str]]:
        """Return all resources as (type, name)."""
        return {(r.type, r.name) for r in self.resources}


def id_of(kind: str, name: str) -> str:
    """Return the id of a resource, which differs between a port and a server of one name.

    Args:
        kind: Its type token, or the last part of it, in any case.
        name: Its name in the stack.
    """
    return f"{kind.rpartition(':')[2].lower()}:{name}"


class _Cloud(Mocks):
    """Responds as a cloud would: every resource exists at once, with made-up outputs."""

    def __init__(self, before: Mapping[str, Any]) -> None:
        self._before = before

    def new_resource(self, args: MockResourceArgs) -> tuple[str, dict[str, Any]]:
        computed = {
            "allFixedIps": [f"address-of-{args.name}"],
            "address": f"floating-of-{args.name}",
            "kubeconfig": f"kubeconfig-of-{args.name}",
            "podCidr": f"pods-of-{args.name}",
            **{part: f"{part}-of-{args.name}" for part in _MADE_ONCE},
        }
        given = {key: value for key, value in args.inputs.items() if value is not None}
        if args.typ == _SERVICE:
            given["spec"] = {"clusterIP": f"cluster-ip-of-{args.name}", **given["spec"]}
        return id_of(args.typ, args.name), {**computed, **given}

    def call(self, args: MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        if args.token.endswith(":readStackResourceOutputs"):
            return {"outputs": dict(self._before)}, []
        kind = args.token.rpartition(":")[2].removeprefix("get")
        found = id_of(kind, str(args.args.get("name")))
        return {**args.args, "id": found, "sessions": []}, []


class _Uncalled:
    """Accepts the callbacks that a program registers, and never calls them."""

    def register_transform(self, _transform: object) -> callback_pb2.Callback:
        return callback_pb2.Callback()


class _Recorder(MockMonitor):
    """Records every registration, with the options that decide about order and safety."""

    def __init__(self, cloud: _Cloud) -> None:
        super().__init__(cloud)
        self.plan = Plan()

    def RegisterResource(self, request: Any) -> Any:  # noqa: ANN401, N802 - the protocol's name
        response = super().RegisterResource(request)  # type: ignore[no-untyped-call]
        if request.type != _STACK:
            self.plan.resources.append(
                Resource(
                    request.type,
                    request.name,
                    response.urn,
                    rpc.deserialize_properties(request.object),
                    frozenset(_key(urn) for urn in request.dependencies),
                    request.protect,
                    request.deleteBeforeReplace,
                    _key(request.deletedWith) if request.deletedWith else None,
                    tuple(request.ignoreChanges),
                    tuple(a.spec.parentUrn for a in request.aliases if a.spec.parentUrn),
                )
            )
        return response

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: ANN401, N802 - as above
        if _key(request.urn)[0] == _STACK:
            outputs = rpc.deserialize_properties(request.outputs)
            self.plan.secrets = {key for key, value in outputs.items() if rpc.is_rpc_secret(value)}
            self.plan.outputs = {key: rpc.unwrap_rpc_secret(v) for key, v in outputs.items()}
        return super().RegisterResourceOutputs(request)  # type: ignore[no-untyped-call]


def plan(
    program: Callable[[], Any],
    *,
    stack: str = "test",
    config: Mapping[str, str] | None = None,
    before: Mapping[str, Any] | None = None,
) -> Plan:
    """Run a program without an engine, and return the resources that it declares.

    Args:
        program: The program, as Pulumi would run it.
        stack: Name of the stack.
        config: The configuration of the stack, in the form in which Pulumi gives it to programs.
        before: The resources that the stack already has: URN -> {"outputs": ...}.
    """

    async def run() -> Plan:
        thread = ThreadPoolExecutor(1)  # one, so that the record is in the program's order
        asyncio.get_running_loop().set_default_executor(thread)
        recorder = _Recorder(_Cloud(before or {}))
        set_all_config(dict(config or {}))
        # a program that failed leaves tasks of its own event loop behind
        settings.SETTINGS.rpc_manager.clear()
        settings.SETTINGS.outputs.clear()
        set_mocks(recorder.mocks, project="foreground", stack=stack, monitor=recorder)
        settings.SETTINGS.callbacks = _Uncalled()
        set_root_resource(None)  # type: ignore[arg-type]  # set_mocks makes one that is finished
        try:
            await run_in_stack(program)
        finally:
            await asyncio.get_running_loop().run_in_executor(thread, _close_loop)
        return recorder.plan

    return asyncio.run(run())


def _close_loop() -> None:
    """Close the event loop that Pulumi's mocks leave open in a thread."""
    with contextlib.suppress(RuntimeError):  # there is none
        asyncio.get_event_loop_policy().get_event_loop().close()


def _key(urn: str) -> tuple[str, str]:
    *_, kinds, name = urn.split("::")
    return kinds.split("$")[-1], name
