"""plan(program): what a Pulumi program asks for, by Pulumi's own unit-test facility."""

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

__all__ = ["Asked", "Plan", "plan"]

_STACK = "pulumi:pulumi:Stack"
_SERVICE = "kubernetes:core/v1:Service"
_MADE_ONCE = ("value", "authority", "certificate", "key")
"""What our plugin draws for secrets and certificates."""


@dataclass(frozen=True)
class Asked:
    """One resource, as the engine is asked for it.

    Attributes:
        type: Pulumi's token.
        name: Its name in the stack.
        inputs: Plain data; of a resource that others refer to, the id is `<name>-id`.
        needs: The resources that it depends on, as (type, name), those of its inputs included.
        protect: Whether Pulumi refuses to delete it.
        delete_before_replace: Whether the old one goes before the new one is made.
        deleted_with: The resource with which it vanishes, as (type, name).
        ignores: Properties whose changes are somebody else's.
    """

    type: str
    name: str
    inputs: dict[str, Any]
    needs: frozenset[tuple[str, str]]
    protect: bool
    delete_before_replace: bool
    deleted_with: tuple[str, str] | None
    ignores: tuple[str, ...] = ()


@dataclass
class Plan:
    """All that a program asked for, in its order, and what it said at its end."""

    asked: list[Asked] = field(default_factory=list)
    outputs: dict[str, Any] = field(default_factory=dict)

    def of(self, kind: str) -> dict[str, Asked]:
        """Return the resources whose type ends with ``kind``, by name."""
        return {asked.name: asked for asked in self.asked if asked.type.endswith(f":{kind}")}

    @property
    def keys(self) -> set[tuple[str, str]]:
        """Return all resources as (type, name)."""
        return {(asked.type, asked.name) for asked in self.asked}


class _Cloud(Mocks):
    """Answers as a cloud would: whatever is asked for is there at once."""

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
        return f"{args.name}-id", {**computed, **given}

    def call(self, args: MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        if args.token.endswith(":readStackResourceOutputs"):
            return {"outputs": dict(self._before)}, []
        return {**args.args, "id": f"{args.args.get('name')}-id", "sessions": []}, []


class _Uncalled:
    """Takes what a program would have Pulumi call back: nobody does."""

    def register_transform(self, _transform: object) -> callback_pb2.Callback:
        return callback_pb2.Callback()


class _Recorder(MockMonitor):
    """Keeps every registration, with the options that decide about order and safety."""

    def __init__(self, cloud: _Cloud) -> None:
        super().__init__(cloud)
        self.plan = Plan()

    def RegisterResource(self, request: Any) -> Any:  # noqa: ANN401, N802 - the protocol's name
        if request.type != _STACK:
            self.plan.asked.append(
                Asked(
                    request.type,
                    request.name,
                    rpc.deserialize_properties(request.object),
                    frozenset(_key(urn) for urn in request.dependencies),
                    request.protect,
                    request.deleteBeforeReplace,
                    _key(request.deletedWith) if request.deletedWith else None,
                    tuple(request.ignoreChanges),
                )
            )
        return super().RegisterResource(request)  # type: ignore[no-untyped-call]

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: ANN401, N802 - as above
        if _key(request.urn)[0] == _STACK:
            said = rpc.deserialize_properties(request.outputs)
            self.plan.outputs = {key: rpc.unwrap_rpc_secret(value) for key, value in said.items()}
        return super().RegisterResourceOutputs(request)  # type: ignore[no-untyped-call]


def plan(
    program: Callable[[], Any],
    *,
    stack: str = "test",
    config: Mapping[str, str] | None = None,
    before: Mapping[str, Any] | None = None,
) -> Plan:
    """Run a program that no engine listens to, and return what it asked for.

    Args:
        program: As Pulumi would run it.
        stack: Name of the stack.
        config: The stack's configuration, as Pulumi hands it to programs.
        before: What the stack has already: URN -> {"outputs": ...}.
    """

    async def run() -> Plan:
        thread = ThreadPoolExecutor(1)  # one, so that the record is in the program's order
        asyncio.get_running_loop().set_default_executor(thread)
        recorder = _Recorder(_Cloud(before or {}))
        set_all_config(dict(config or {}))
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
    """Close the event loop that Pulumi's mocks leave in a thread."""
    with contextlib.suppress(RuntimeError):  # there is none
        asyncio.get_event_loop_policy().get_event_loop().close()


def _key(urn: str) -> tuple[str, str]:
    *_, kinds, name = urn.split("::")
    return kinds.split("$")[-1], name
