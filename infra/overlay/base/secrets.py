"""Secret and Certificate, as programs ask for them: our plugin makes each once."""

from __future__ import annotations

from typing import Final

import pulumi

__all__ = ["Certificate", "Secret"]

_SECRET: Final = "site:index:Secret"  # noqa: S105 - a type's name in Pulumi
_CERTIFICATE: Final = "site:index:Certificate"


class Secret(pulumi.CustomResource):
    """Random text.

    Attributes:
        value: 64 hexadecimal digits.
    """

    value: pulumi.Output[str]

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        own = pulumi.ResourceOptions(additional_secret_outputs=["value"])
        inputs = {"name": name, "value": None}  # None: written by the plugin only
        super().__init__(_SECRET, name, inputs, pulumi.ResourceOptions.merge(opts, own))


class Certificate(pulumi.CustomResource):
    """A server's certificate with an authority of its own.

    Args:
        name: Unique within the stack.
        hosts: Names of the server.
        opts: Pulumi's.

    Attributes:
        authority: Whom to trust (PEM).
        certificate: The server's (PEM).
        key: The server's (PEM).
    """

    authority: pulumi.Output[str]
    certificate: pulumi.Output[str]
    key: pulumi.Output[str]

    def __init__(
        self, name: str, hosts: list[str], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        written = ["authority", "certificate", "key"]
        own = pulumi.ResourceOptions(additional_secret_outputs=["key"])
        inputs = {"name": name, "hosts": hosts, **dict.fromkeys(written)}
        super().__init__(_CERTIFICATE, name, inputs, pulumi.ResourceOptions.merge(opts, own))
