"""JupyterHub's traits: the hub, its database and its proxy, then login and sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import authentication, sessions

if TYPE_CHECKING:
    from .settings import Settings

__all__ = ["configure"]


def configure(c: Any, settings: Settings) -> None:  # noqa: ANN401 - traitlets' Config is untyped
    """Set every trait that differs from JupyterHub's defaults.

    Args:
        c: JupyterHub's configuration object.
        settings: The site's settings.
    """
    _hub(c, settings)
    authentication.configure(c, settings)
    sessions.configure(c, settings.session, settings.home)


def _hub(c: Any, settings: Settings) -> None:  # noqa: ANN401 - as above
    database, secrets = settings.database, settings.secrets
    c.JupyterHub.hub_bind_url = "http://0.0.0.0:8081"
    c.JupyterHub.hub_connect_url = settings.hub
    c.JupyterHub.cookie_secret = bytes.fromhex(secrets.cookie)
    c.JupyterHub.db_url = (
        f"postgresql+psycopg://{database['name']}:{secrets.database}@{database['host']}:5432/"
        f"{database['name']}"
    )
    c.JupyterHub.cleanup_servers = False  # a restart of the hub must not end sessions
    c.JupyterHub.allow_named_servers = False
    c.ConfigurableHTTPProxy.should_start = False  # it runs in a pod of its own
    c.ConfigurableHTTPProxy.api_url = settings.proxy
    c.ConfigurableHTTPProxy.auth_token = secrets.proxy
