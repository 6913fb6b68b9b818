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
        transport=_Transport(verify=trust, trust_env=False),
        follow_redirects=True,
        timeout=patience,
    )


class _Transport(httpx.HTTPTransport):
    def handle_request(self, request: httpx.Request) -> httpx.Response:
        host = request.url.host
        if is_loopback(host):
            # the request's Host header and its certificate's name stay what they are
            request.extensions = {**request.extensions, "sni_hostname": host}
            request.url = request.url.copy_with(host=LOOPBACK)
            try:
                return super().handle_request(request)
            finally:
                request.url = request.url.copy_with(host=host)
        return super().handle_request(request)
