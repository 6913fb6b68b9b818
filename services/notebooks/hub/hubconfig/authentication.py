"""Login: OAuthenticator's traits for an OpenID Connect issuer, restricted to groups."""

from __future__ import annotations

import json
import ssl
import urllib.request
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from .settings import Issuer, Settings

__all__ = ["configure"]

_DISCOVERY_S: Final = 10


def configure(c: Any, settings: Settings) -> None:  # noqa: ANN401 - traitlets' Config is untyped
    """Set the traits of the login.

    Args:
        c: JupyterHub's configuration object.
        settings: The site's settings.

    Raises:
        OSError: The issuer does not respond. The hub then ends, and its pod starts it again.
    """
    issuer = settings.issuer
    endpoints = _discover(issuer)
    c.JupyterHub.authenticator_class = "generic-oauth"
    oauth = c.GenericOAuthenticator
    oauth.login_service = issuer["label"]
    oauth.authorize_url = endpoints["authorization_endpoint"]
    oauth.token_url = endpoints["token_endpoint"]
    oauth.userdata_url = endpoints["userinfo_endpoint"]
    oauth.oauth_callback_url = f"{settings.url}/hub/oauth_callback"
    oauth.client_id = issuer["client"]
    oauth.client_secret = settings.secrets.client
    oauth.basic_auth = True  # client_secret_basic, the default of OpenID Connect
    oauth.scope = issuer["scopes"]
    oauth.username_claim = issuer["usernameClaim"]
    oauth.manage_groups = True
    oauth.auth_state_groups_key = f"oauth_user.{issuer['groupsClaim']}"
    oauth.allowed_groups = set(issuer["allowedGroups"])
    oauth.admin_groups = set(issuer["adminGroups"])
    if issuer["ca"]:
        oauth.http_request_kwargs = {"ca_certs": issuer["ca"]}


def _discover(issuer: Issuer) -> dict[str, str]:
    """Fetch the issuer's OpenID Connect discovery document."""
    context = ssl.create_default_context(cafile=issuer["ca"])
    url = f"{issuer['url']}/.well-known/openid-configuration"
    with urllib.request.urlopen(url, timeout=_DISCOVERY_S, context=context) as response:  # noqa: S310 - https
        document: dict[str, str] = json.load(response)
    return document
