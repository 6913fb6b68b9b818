from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from traitlets.config import Config

from services.notebooks.hub.hubconfig.configuration import configure
from services.notebooks.hub.hubconfig.settings import Settings, read

if TYPE_CHECKING:
    from collections.abc import Iterator

SETTINGS = Path(__file__).with_name("settings.json")
"""What the overlay mounts; a test of the overlay checks that it has these keys."""

SECRETS = {"cookie": "00ff" * 16, "client": "client secret", "database": "pw", "proxy": "token"}


@dataclass
class Issuer:
    """An OpenID Connect issuer on this machine.

    Attributes:
        url: Its URL.
        claims: What it says about the person who logs in.
        authorization: Authorization headers that it received, by path.
    """

    url: str
    claims: dict[str, Any] = field(default_factory=dict)
    authorization: dict[str, str] = field(default_factory=dict)

    def response(self, path: str) -> dict[str, Any]:
        """Return the document at a path."""
        return {
            "/.well-known/openid-configuration": {
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "userinfo_endpoint": f"{self.url}/userinfo",
            },
            "/token": {"access_token": "access", "token_type": "Bearer"},
            "/userinfo": self.claims,
        }[path]


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    """A running issuer."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            running.authorization[path] = self.headers.get("Authorization", "")
            body = json.dumps(running.response(path)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.do_GET()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        running = Issuer(f"http://127.0.0.1:{server.server_address[1]}")
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield running
        server.shutdown()
        thread.join()


@pytest.fixture
def mounted(tmp_path: Path, issuer: Issuer) -> Path:
    """The folder that the pod mounts, for this issuer."""
    folder = tmp_path / "jupyterhub"
    (folder / "secrets").mkdir(parents=True)
    for name, secret in SECRETS.items():
        (folder / "secrets" / name).write_text(f"{secret}\n")
    settings = json.loads(SETTINGS.read_text())
    settings["issuer"]["url"] = issuer.url
    (folder / "settings.json").write_text(json.dumps(settings))
    return folder


@pytest.fixture
def settings(mounted: Path) -> Settings:
    """The settings of the hub."""
    return read(mounted)


@pytest.fixture
def config(settings: Settings) -> Config:
    """The configuration that these settings make."""
    made = Config()
    configure(made, settings)
    return made
