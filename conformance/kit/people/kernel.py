"""Kernel: runs a person's code in their session, by websocket, as a notebook does."""

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
        url: The site's.
        path: Of the kernel's channels.
        cookies: As the person's browser sends them there.
        token: That the session's own pages carry.
        trust: Whom the person's browser trusts.
    """

    url: str
    path: str
    cookies: str
    token: str
    trust: ssl.SSLContext

    def run(self, code: str, within: float = _REPLY_S) -> str:
        """Run a cell; return what it printed.

        Raises:
            AssertionError: It raised something, or there was no reply within these seconds.
        """
        try:
            return asyncio.run(self._run(code, within))
        except (WebSocketException, TimeoutError, OSError) as error:
            raise AssertionError(f"the kernel at {self.path} does not reply: {error!r}") from None

    async def _run(self, code: str, within: float) -> str:
        # the library's client without asyncio waits for good where a handshake over TLS fails
        where = f"ws{self.url.removeprefix('http')}{self.path}?session_id={uuid.uuid4().hex}"
        headers = {"Cookie": self.cookies, "X-XSRFToken": self.token}
        async with (
            asyncio.timeout(within),
            connect(
                where,
                ssl=self.trust if where.startswith("wss") else None,
                server_hostname=urlsplit(where).hostname if where.startswith("wss") else None,
                sock=_socket(where, within),
                additional_headers=headers,
                origin=Origin(self.url),
                open_timeout=within,
                proxy=None,
                max_size=None,
            ) as channels,
        ):
            return await _cell(channels, code)


def _socket(where: str, within: float) -> socket.socket:
    """Connect to where a browser would, which is not always what a resolver says."""
    url = urlsplit(where)
    host = url.hostname or ""
    port = url.port or (443 if url.scheme == "wss" else 80)
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
