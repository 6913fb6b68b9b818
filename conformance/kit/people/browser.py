"""Browser: HTTP as a browser speaks it: cookies, redirects, and names below `localhost`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import httpx

if TYPE_CHECKING:
    import ssl

__all__ = ["LOOPBACK", "browser", "is_loopback"]

LOOPBACK: Final = "127.0.0.1"
"""What a browser takes every name below `localhost` for, whatever a resolver says (RFC 6761)."""


def is_loopback(host: str) -> bool:
    """Tell whether a browser takes a name for this computer, without asking anybody."""
    return host == "localhost" or host.endswith(".localhost")


def browser(trust: ssl.SSLContext, patience: float) -> httpx.Client:
    """Open a browser that nobody used before.

    Args:
        trust: Whose certificates it trusts.
        patience: Seconds that it waits for an answer.
    """
    # nothing between it and the site: a proxy would be measured too
    return httpx.Client(
        transport=_Transport(trust),
        follow_redirects=True,
        timeout=patience,
    )


class _Transport(httpx.BaseTransport):
    """A pool of connections for each name: several names may share one address and port."""

    def __init__(self, trust: ssl.SSLContext) -> None:
        self._trust = trust
        self._ways: dict[str, httpx.HTTPTransport] = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        host = request.url.host
        if host not in self._ways:
            self._ways[host] = httpx.HTTPTransport(verify=self._trust, trust_env=False)
        if not is_loopback(host):
            return self._ways[host].handle_request(request)
        # the request's Host header and its certificate's name stay what they are
        request.extensions = {**request.extensions, "sni_hostname": host}
        request.url = request.url.copy_with(host=LOOPBACK)
        try:
            return self._ways[host].handle_request(request)
        finally:
            request.url = request.url.copy_with(host=host)

    def close(self) -> None:
        for way in self._ways.values():
            way.close()
