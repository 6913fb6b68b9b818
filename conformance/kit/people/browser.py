"""Browser: an HTTP client with cookies and redirects that resolves *.localhost as browsers do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import httpx

if TYPE_CHECKING:
    import ssl

__all__ = ["LOOPBACK", "browser", "is_loopback"]

LOOPBACK: Final = "127.0.0.1"
"""Address of every name below `localhost` in a browser, whatever a resolver says (RFC 6761)."""


def is_loopback(host: str) -> bool:
    """Tell whether a browser resolves a name to this computer without a resolver."""
    return host == "localhost" or host.endswith(".localhost")


def browser(trust: ssl.SSLContext, timeout: float) -> httpx.Client:
    """Return a browser with no cookies.

    Args:
        trust: Certificate authorities that it trusts.
        timeout: Seconds that it waits for a response.
    """
    # no proxy of the environment: the measurement would include it
    return httpx.Client(
        transport=_Transport(trust),
        follow_redirects=True,
        timeout=timeout,
    )


class _Transport(httpx.BaseTransport):
    """One connection pool per host name: several names may share an address and a port."""

    def __init__(self, trust: ssl.SSLContext) -> None:
        self._trust = trust
        self._pools: dict[str, httpx.HTTPTransport] = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        host = request.url.host
        if host not in self._pools:
            self._pools[host] = httpx.HTTPTransport(verify=self._trust, trust_env=False)
        if not is_loopback(host):
            return self._pools[host].handle_request(request)
        # the Host header and the name in the certificate stay the same
        request.extensions = {**request.extensions, "sni_hostname": host}
        request.url = request.url.copy_with(host=LOOPBACK)
        try:
            return self._pools[host].handle_request(request)
        finally:
            request.url = request.url.copy_with(host=host)

    def close(self) -> None:
        for pool in self._pools.values():
            pool.close()
