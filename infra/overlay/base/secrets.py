"""Secret and Certificate resources: random text and TLS keys that our plugin generates once."""

from __future__ import annotations

import pulumi

from infra import tokens

__all__ = ["Certificate", "Secret"]


class Secret(pulumi.CustomResource):
    """Random text.

    Attributes:
        value: 64 hexadecimal digits.
    """

    value: pulumi.Output[str]

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        own = pulumi.ResourceOptions(additional_secret_outputs=["value"])
        inputs = {"name": name, "value": None}  # None declares an output of the plugin
        super().__init__(tokens.SECRET, name, inputs, pulumi.ResourceOptions.merge(opts, own))


class Certificate(pulumi.CustomResource):
    """A TLS certificate of a server, signed by a certificate authority of its own.

    Args:
        name: Unique within the stack.
        hosts: Host names of the server.
        opts: Options of the resource.

    Attributes:
        authority: Certificate of the authority (PEM).
        certificate: Certificate of the server (PEM).
        key: Private key of the server (PEM).
    """

    authority: pulumi.Output[str]
    certificate: pulumi.Output[str]
    key: pulumi.Output[str]

    def __init__(
        self, name: str, hosts: list[str], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        own = pulumi.ResourceOptions(additional_secret_outputs=["key"])
        outputs = {"authority": None, "certificate": None, "key": None}
        inputs = {"name": name, "hosts": hosts, **outputs}
        super().__init__(tokens.CERTIFICATE, name, inputs, pulumi.ResourceOptions.merge(opts, own))
