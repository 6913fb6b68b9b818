"""A small Keystone and Neutron on loopback, with the requests that one port needs."""

from __future__ import annotations

import contextlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAC = "fa:16:3e:00:00:01"
PORTS = "/network/v2.0/ports/"


class Neutron(ThreadingHTTPServer):
    """Holds one port, and records the changes that were requested."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.port: dict[str, Any] | None = {"id": "p1", "mac_address": MAC}
        self.put: list[dict[str, Any]] = []
        self.refuses: tuple[int, str] | None = None
        self.responds = threading.Event()
        self.responds.set()
        self.hold()

    def hold(self, *pairs: tuple[str, str]) -> None:
        """Give the port these pairs of address and MAC address."""
        assert self.port
        held = [{"ip_address": address, "mac_address": mac} for address, mac in pairs]
        self.port["allowed_address_pairs"] = held

    def change(self, request: dict[str, Any]) -> None:
        """Change the port as Neutron does: a pair without a MAC address gets the port's."""
        self.put.append(request)
        self.hold(*((pair["ip_address"], MAC) for pair in request["allowed_address_pairs"]))

    @property
    def token(self) -> dict[str, Any]:
        """Keystone's response to a login."""
        endpoint = {"interface": "public", "region_id": "r", "region": "r", "id": "e"}
        service = {"type": "network", "name": "neutron", "id": "n"}
        catalog = [{**service, "endpoints": [{**endpoint, "url": f"{self.url}/network"}]}]
        user = {"id": "u", "name": "u", "domain": {"id": "default", "name": "Default"}}
        token = {"catalog": catalog, "user": user, "project": user, "methods": ["password"]}
        until = "2999-01-01T00:00:00.000000Z"
        return {"token": {**token, "expires_at": until, "issued_at": "2026-01-01T00:00:00Z"}}


class Handler(BaseHTTPRequestHandler):
    """Responds to the requests of openstacksdk."""

    server: Neutron

    def do_POST(self) -> None:
        """Log in."""
        self._body()
        self._respond(201, self.server.token, {"X-Subject-Token": "t"})

    def do_GET(self) -> None:
        """Return the port, or the catalogue that leads to it."""
        url = self.server.url
        if self.path.startswith(PORTS):
            self._port(lambda: None)
        elif self.path.startswith("/network"):
            links = [{"rel": "self", "href": f"{url}/network/v2.0"}]
            version = {"id": "v2.0", "status": "CURRENT", "links": links}
            self._respond(200, {"versions": [version]})
        else:
            links = [{"rel": "self", "href": f"{url}/v3/"}]
            self._respond(200, {"version": {"id": "v3.14", "status": "stable", "links": links}})

    def do_PUT(self) -> None:
        """Change the port."""
        request = self._body()["port"]
        self._port(lambda: self.server.change(request))

    def _port(self, change: Any) -> None:  # noqa: ANN401 - any callable
        server = self.server
        server.responds.wait()
        refused = server.refuses if self.command == "PUT" else None
        if server.port is None or self.path != f"{PORTS}p1":
            self._respond(404, {"NeutronError": {"message": "Port could not be found."}})
        elif refused:
            self._respond(refused[0], {"NeutronError": {"message": refused[1]}})
        else:
            change()
            self._respond(200, {"port": server.port})

    def _body(self) -> Any:  # noqa: ANN401 - any JSON
        return json.loads(self.rfile.read(int(self.headers["Content-Length"])))

    def _respond(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:  # noqa: ANN401
        text = json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        with contextlib.suppress(BrokenPipeError):  # the client has closed the connection
            self.wfile.write(text)

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@pytest.fixture
def neutron(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Neutron]:
    """Serve the cloud `here` of a clouds.yaml."""
    with Neutron() as server:
        user = {"username": "u", "password": "p", "project_name": "u", "user_domain_id": "default"}
        auth = {"auth_url": server.url, **user, "project_domain_id": "default"}
        file = tmp_path / "clouds.yaml"
        file.write_text(yaml.safe_dump({"clouds": {"here": {"auth": auth}}}))
        monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(file))
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.responds.set()
        server.shutdown()
