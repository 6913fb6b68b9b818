"""Home directories: a pre-spawn hook that requests a person's folder from the homes service."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from tornado import web
from tornado.httpclient import AsyncHTTPClient

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from .settings import Home

__all__ = ["NoHomeError", "request_home"]


class NoHomeError(web.HTTPError):
    """The homes service did not confirm a person's folder."""

    # without this text the hub's page would only say that an error occurred
    jupyterhub_message = "Your home cannot be reached. Try again; if that does not help, tell us."


def request_home(home: Home) -> Callable[[Any], Awaitable[None]]:
    """Return the hook: the folder must exist before the pod, or kubelet creates it as root's.

    Args:
        home: Settings of the home directories.
    """

    async def hook(spawner: Any) -> None:  # noqa: ANN401 - KubeSpawner is untyped
        # the same expansion as that of the mount's subPath; KubeSpawner 7.1 has no public method
        folder = spawner._expand_user_properties(home["folder"])  # noqa: SLF001
        person, url = spawner.user.name, f"{home['service']}/{folder}"
        try:  # while the file server is away the person waits this long, and nobody else does
            await _client().fetch(
                url, method="PUT", body=person, connect_timeout=5, request_timeout=10
            )
        except Exception as error:
            raise NoHomeError(503, "no home for %r: %s", person, error) from error

    return hook


@cache
def _client() -> AsyncHTTPClient:
    """Return a client of its own: waiting requests must not delay those of routes and logins."""
    return AsyncHTTPClient(force_instance=True, max_clients=100)
