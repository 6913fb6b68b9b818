"""Secret and Certificate: generated once, replaced with every other input."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from pulumi.provider.experimental import provider as sdk

from infra.plugin.provider import SiteProvider
from infra.plugin.types.certificate import CertificateType
from infra.plugin.types.secret import SecretType
from infra.plugin.values import Properties, plain, wrapped

if TYPE_CHECKING:
    from collections.abc import Mapping


async def _silent(_urn: str, _text: str) -> None:
    """Show nothing."""


def provider() -> SiteProvider:
    return SiteProvider([SecretType(), CertificateType()], _silent)


def urn(kind: str) -> str:
    return f"urn:pulumi:ci::foreground::site:index:{kind}::it"


def made(kind: str, **inputs: object) -> Properties:
    properties = {key: wrapped(item) for key, item in inputs.items()}
    request = sdk.CreateRequest(urn(kind), properties, 0, preview=False)
    return asyncio.run(provider().create(request)).properties


def diff(kind: str, old: Properties, new: Mapping[str, Any]) -> sdk.DiffResponse:
    inputs = {key: wrapped(item) for key, item in new.items()}
    request = sdk.DiffRequest(urn(kind), "it", old, inputs, [])
    return asyncio.run(provider().diff(request))


def test_a_secret_is_secret_and_never_the_same_twice() -> None:
    first, second = made("Secret", name="a"), made("Secret", name="a")
    assert first["value"].is_secret
    assert len(plain(first)["value"]) == 64
    assert plain(first)["value"] != plain(second)["value"]


def test_equal_inputs_keep_a_secret() -> None:
    assert not diff("Secret", made("Secret", name="a"), {"name": "a"}).changes


@pytest.mark.parametrize("kind", ["Secret", "Certificate"])
def test_another_name_is_a_replacement(kind: str) -> None:
    old = made(kind, name="a", hosts=["a.example"])
    assert diff(kind, old, {"name": "b", "hosts": ["a.example"]}).replaces == ["name"]


def test_a_certificate_names_its_hosts_and_is_signed_by_its_authority() -> None:
    properties = made("Certificate", name="queue", hosts=["queue.example", "queue"])
    assert {key for key, item in properties.items() if item.is_secret} == {"key"}
    text = plain(properties)
    authority, certificate = (
        x509.load_pem_x509_certificate(text[part].encode())
        for part in ("authority", "certificate")
    )
    certificate.verify_directly_issued_by(authority)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["queue.example", "queue"]
    key = serialization.load_pem_private_key(text["key"].encode(), None)
    assert key.public_key() == certificate.public_key()
