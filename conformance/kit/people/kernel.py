"""Kernel: runs code in a Jupyter kernel of a person's session, over its websocket."""

from __future__ import annotations

import asyncio
import json
import socket
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException
from websockets.typing import Origin

from .browser import LOOPBACK, is_loopback

if TYPE_CHECKING:
    import ssl

    from websockets.asyncio.client import ClientConnection

__all__ = ["Kernel"]

_REPLY_S: Final = 60
_VERSION: Final = "5.3"


@dataclass(frozen=True)
class Kernel:
    """One kernel.

    Attributes:
        url: URL of the site.
        path: Path of the kernel's websocket.
        cookies: Cookie header of the person's browser for that path.
        token: XSRF token of the session's pages.
        trust: Certificate authorities that the person's browser trusts.
    """

    url: str
    path: str
    cookies: str
    token: str
    trust: ssl.SSLContext

    def run(self, code: str, within: float = _REPLY_S) -> str:
        """Run a cell and return what it printed.

        Args:
            code: The cell.
            within: Seconds.

        Raises:
            AssertionError: The cell raised an exception, or no reply came in time.
        """
        try:
            return asyncio.run(self._run(code, within))
        except (WebSocketException, TimeoutError, OSError) as error:
            raise AssertionError(f"the kernel at {self.path} does not reply: {error!r}") from None

    async def _run(self, code: str, within: float) -> str:
        # not the library's blocking client: after a failed TLS handshake that one waits for ever
        url = f"ws{self.url.removeprefix('http')}{self.path}?session_id={uuid.uuid4().hex}"
        headers = {"Cookie": self.cookies, "X-XSRFToken": self.token}
        async with (
            asyncio.timeout(within),
            connect(
                url,
                ssl=self.trust if url.startswith("wss") else None,
                server_hostname=urlsplit(url).hostname if url.startswith("wss") else None,
                sock=_socket(url, within),
                additional_headers=headers,
                origin=Origin(self.url),
                open_timeout=within,
                proxy=None,
                max_size=None,
            ) as channels,
        ):
            return await _cell(channels, code)


def _socket(url: str, within: float) -> socket.socket:
    """Connect to the address that a browser uses, which may differ from the resolver's."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "wss" else 80)
    return socket.create_connection((LOOPBACK if is_loopback(host) else host, port), within)


async def _cell(channels: ClientConnection, code: str) -> str:
    request = _request(code)
    await channels.send(json.dumps(request))
    printed: list[str] = []
    replied = idle = False
    while not (replied and idle):
        message = json.loads(await channels.recv())
        if message["parent_header"].get("msg_id") != request["header"]["msg_id"]:
            continue
        kind, content = message["msg_type"], message["content"]
        if kind == "stream":
            printed.append(content["text"])
        elif kind == "error":
            raise AssertionError(f"the cell raised {content['ename']}: {content['evalue']}")
        elif kind == "execute_reply":
            replied = True
        elif kind == "status":
            idle = content["execution_state"] == "idle"
    return "".join(printed)


def _request(code: str) -> dict[str, Any]:
    header = {
        "msg_id": uuid.uuid4().hex,
        "username": "",
        "session": uuid.uuid4().hex,
        "msg_type": "execute_request",
        "version": _VERSION,
    }
    content = {
        "code": code,
        "silent": False,
        "store_history": True,
        "user_expressions": {},
        "allow_stdin": False,
    }
    return {
        "header": header,
        "parent_header": {},
        "metadata": {},
        "channel": "shell",
        "content": content,
    }
