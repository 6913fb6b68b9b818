from __future__ import annotations

import asyncio
import base64
from typing import TYPE_CHECKING, Any

import certifi
import pytest
from oauthenticator.generic import GenericOAuthenticator  # type: ignore[import-untyped]
from traitlets.config import Config

from services.notebooks.hub.hubconfig import authentication

if TYPE_CHECKING:
    from pathlib import Path

    from services.notebooks.hub.hubconfig.settings import Settings
    from services.notebooks.hub.tests.conftest import Issuer


def log_in(config: Config, issuer: Issuer, **claims: Any) -> tuple[dict[str, Any], bool]:  # noqa: ANN401 - JSON
    """Log in; return the hub's record of the person, and whether it admits them."""
    issuer.claims = claims

    async def run() -> tuple[dict[str, Any], bool]:
        authenticator = GenericOAuthenticator(config=config)
        token = await authenticator.get_token_info(None, {"code": "code"})
        person = await authenticator._token_to_auth_model(token)
        return person, await authenticator.check_allowed(person["name"], person)

    return asyncio.run(run())


def test_a_member_of_an_allowed_group_logs_in(config: Config, issuer: Issuer) -> None:
    person, allowed = log_in(config, issuer, preferred_username="ada", groups=["people", "x"])
    assert (person["name"], set(person["groups"]), allowed) == ("ada", {"people", "x"}, True)
    assert not person["admin"]


@pytest.mark.parametrize("claims", [{"groups": ["others"]}, {"groups": []}, {}])
def test_nobody_else_logs_in(config: Config, issuer: Issuer, claims: dict[str, Any]) -> None:
    _, allowed = log_in(config, issuer, preferred_username="eve", **claims)
    assert not allowed


def test_a_member_of_an_admin_group_administers_the_hub(config: Config, issuer: Issuer) -> None:
    person, allowed = log_in(config, issuer, preferred_username="op", groups=["operators"])
    assert (person["admin"], allowed) == (True, True)


def test_the_client_authenticates_with_a_header_and_not_in_the_body(
    config: Config, issuer: Issuer
) -> None:
    log_in(config, issuer, preferred_username="ada", groups=["people"])
    kind, _, value = issuer.authorization["/token"].partition(" ")
    assert (kind, base64.b64decode(value)) == ("Basic", b"hub:client secret")


def test_endpoints_come_from_the_issuer(config: Config, issuer: Issuer) -> None:
    oauth = config.GenericOAuthenticator
    assert oauth.authorize_url == f"{issuer.url}/authorize"
    assert oauth.oauth_callback_url == "https://hub.example:8443/hub/oauth_callback"
    assert "http_request_kwargs" not in oauth


def test_the_ca_of_the_site_is_used_for_the_issuer(settings: Settings, tmp_path: Path) -> None:
    config = Config()
    settings.issuer["ca"] = certifi.where()
    authentication.configure(config, settings)
    assert config.GenericOAuthenticator.http_request_kwargs == {"ca_certs": certifi.where()}
    settings.issuer["ca"] = str(tmp_path / "missing.pem")
    with pytest.raises(FileNotFoundError):
        authentication.configure(config, settings)


def test_the_hub_ends_while_the_issuer_does_not_respond(settings: Settings) -> None:
    settings.issuer["url"] = "http://127.0.0.1:9"
    with pytest.raises(OSError, match="refused"):
        authentication.configure(Config(), settings)
