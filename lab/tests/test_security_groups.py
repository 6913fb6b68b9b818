"""Security groups: a port is open exactly while a rule opens it."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from lab.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lab.testing.cloud import Cloud
    from lab.testing.server import Server

pytestmark = [pytest.mark.lab, pytest.mark.usefixtures("tidy")]

PORT = 8000
HTTP_S = 20.0


@pytest.fixture(scope="module")
def group(cloud: Cloud) -> Iterator[str]:
    with cloud.group("web") as group:
        yield group


@pytest.fixture(scope="module")
def web(cloud: Cloud, group: str) -> Iterator[Server]:
    """Return a server in the group that serves HTTP."""
    with cloud.server("web", "c2.small", group) as server:
        server.run(f"sudo systemd-run --quiet python3 -m http.server {PORT}")
        until(
            lambda: server.run(f"ss -Hltn sport = :{PORT}"), f"port {PORT} is listened on", HTTP_S
        )
        yield server


def test_a_rule_opens_and_closes_a_port_of_a_floating_ip_to_the_host(
    cloud: Cloud, web: Server, group: str
) -> None:
    with cloud.floating_ip(web) as address:
        assert not answers(address)
        rule = cloud.open(group, PORT)
        until(lambda: answers(address), f"{address} answers", HTTP_S)
        cloud.api.network.delete_security_group_rule(rule)
        until(lambda: not answers(address), f"{address} is closed", HTTP_S)


def test_a_rule_opens_and_closes_a_port_to_another_server(
    cloud: Cloud, web: Server, group: str
) -> None:
    with cloud.server("client") as client:
        ask = f"curl -s -o /dev/null -m 1 -w '%{{http_code}}' http://{web.address}:{PORT} || true"
        assert client.run(ask) == "000"
        rule = cloud.open(group, PORT, remote_ip_prefix=f"{client.address}/32")
        until(lambda: client.run(ask) == "200", "the client is let in", HTTP_S)
        cloud.api.network.delete_security_group_rule(rule)
        until(lambda: client.run(ask) == "000", "the client is kept out", HTTP_S)


def answers(address: str) -> bool:
    """Return whether an HTTP server responds; the forwarder alone would accept the connection."""
    try:
        with socket.create_connection((address, PORT), 2.0) as connection:
            connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
            return connection.recv(5) == b"HTTP/"
    except OSError:
        return False
