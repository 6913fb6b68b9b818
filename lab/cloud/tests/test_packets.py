"""Packet filter with real packets: network namespaces as machines, root needed, no OpenStack."""

from __future__ import annotations

import contextlib
import socket
import struct
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lab.namespaces import NAMESPACES, entered
from labcloud.neutron import plug, ruleset

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .conftest import Holdings

pytestmark = pytest.mark.lab

SITE = "fg-packets"
LAB = "10.91.0.1"
PATIENCE_S = 0.4
"""Seconds without a packet after which it counts as dropped; others arrive in microseconds."""


class Site:
    """A site's network namespace, its machines, and their resources in Neutron."""

    def __init__(self, holdings: Holdings) -> None:
        self.holdings = holdings
        self._vifs: dict[str, dict[str, Any]] = {}
        self._left = contextlib.ExitStack()
        self._namespace(SITE)
        with entered(NAMESPACES / SITE):
            ip("link add site0 type bridge", "link set lo up", "link set site0 up")
            ip(f"address add {LAB}/24 dev site0")
            Path("/proc/sys/net/ipv4/ip_forward").write_text("1")

    def close(self) -> None:
        """Delete all namespaces, and with them all links and rules."""
        self._left.close()

    def boot(
        self,
        name: str,
        address: str,
        *groups: str,
        network: str = "net",
        pairs: tuple[dict[str, str], ...] = (),
        secured: bool = True,
    ) -> None:
        """Create a namespace in place of a machine, with a link as Nova's driver makes it."""
        port = self.holdings.machine(
            name, address, *groups, network=network, pairs=pairs, secured=secured
        )
        prefix = address.rpartition(".")[0]
        subnet = {
            "cidr": f"{prefix}.0/24",
            "gateway": {"address": f"{prefix}.1"},
            "ips": [{"address": address}],
            "routes": [],
        }
        link = {"id": port["network_id"], "subnets": [subnet], "meta": {"mtu": 1450}}
        self._vifs[name] = {"id": port["id"], "address": port["mac_address"], "network": link}
        self._namespace(f"{SITE}-{name}")
        self.enforce()
        with entered(NAMESPACES / SITE):
            plug.plug(f"{SITE}-{name}", self._vifs[name], 0)

    def delete(self, name: str) -> None:
        """Delete a machine's link, as Nova's driver does."""
        with entered(NAMESPACES / SITE):
            plug.unplug(self._vifs[name])

    def enforce(self) -> float:
        """Apply the rules of all resources; return the seconds that it took."""
        started = time.monotonic()
        with entered(NAMESPACES / SITE):
            ruleset.apply(self.holdings.rules())
        return time.monotonic() - started

    def at(self, name: str | None) -> Path:
        """Return the network namespace of a machine, or without a name that of the site."""
        return NAMESPACES / (f"{SITE}-{name}" if name else SITE)

    def links(self) -> set[str]:
        """Return the names of the links in the site's namespace."""
        with entered(NAMESPACES / SITE):
            return {name for _, name in socket.if_nameindex()}

    def _namespace(self, name: str) -> None:
        subprocess.run(["ip", "netns", "add", name], check=True)
        self._left.callback(subprocess.run, ["ip", "netns", "delete", name], check=True)


def ip(*commands: str) -> None:
    """Run ip commands in the current network namespace."""
    subprocess.run(["ip", "-batch", "-"], input="\n".join(commands), text=True, check=True)


def reaches(site: Site, source: str | None, target: str | None, address: str, port: int) -> bool:
    """Return whether a TCP connection from one machine to another succeeds."""
    with entered(site.at(target)):
        server = socket.create_server((address, port))
    with entered(site.at(source)):
        client = socket.socket()
    with server, client:
        client.settimeout(PATIENCE_S)
        try:
            client.connect((address, port))
        except TimeoutError:
            return False
        return True


def gets_datagram(site: Site, source: str, sender: str, target: str, address: str) -> bool:
    """Return whether a datagram with a forged source address arrives."""
    with entered(site.at(target)):
        receiver = socket.socket(type=socket.SOCK_DGRAM)
    receiver.bind((address, 7))
    receiver.settimeout(PATIENCE_S)
    with entered(site.at(source)):
        raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    header = struct.pack(
        "!BBHHHBBH4s4s", 0x45, 0, 29, 1, 0, 64, 17, 0, *map(socket.inet_aton, (sender, address))
    )
    with receiver, raw:
        raw.sendto(header + struct.pack("!HHHH", 7, 7, 9, 0) + b"x", (address, 0))
        try:
            return bool(receiver.recv(100))
        except TimeoutError:
            return False


@pytest.fixture
def site(holdings: Holdings) -> Iterator[Site]:
    """Return a site whose networks have a router with a gateway."""
    holdings.router("router", "net", "other", gateway=True)
    made = Site(holdings)
    try:
        yield made
    finally:
        made.close()


@pytest.fixture
def open_out(holdings: Holdings) -> str:
    """Return the id of a group that allows all egress and no ingress except replies."""
    return holdings.group("open out", holdings.rule("egress"))


def test_a_port_is_open_exactly_while_a_rule_opens_it(
    site: Site, holdings: Holdings, open_out: str
) -> None:
    web = holdings.group("web")
    site.boot("one", "10.77.0.11", open_out, web)
    site.boot("two", "10.77.0.12", open_out)
    assert not reaches(site, "two", "one", "10.77.0.11", 80)

    holdings.group("web", holdings.rule(protocol="tcp", ports=(80, 80)))
    assert site.enforce() < 0.3

    assert reaches(site, "two", "one", "10.77.0.11", 80)
    assert not reaches(site, "two", "one", "10.77.0.11", 81)
    holdings.group("web")
    site.enforce()
    assert not reaches(site, "two", "one", "10.77.0.11", 80)


def test_removing_a_rule_blocks_the_connections_that_it_had_accepted(
    site: Site, holdings: Holdings, open_out: str
) -> None:
    web = holdings.group("web", holdings.rule(protocol="tcp", ports=(80, 80)))
    site.boot("one", "10.77.0.11", open_out, web)
    site.boot("two", "10.77.0.12", open_out)
    with entered(site.at("one")):
        server = socket.create_server(("10.77.0.11", 80))
    with entered(site.at("two")):
        client = socket.create_connection(("10.77.0.11", 80))
    accepted, _ = server.accept()
    accepted.settimeout(PATIENCE_S)
    with server, client, accepted:
        client.sendall(b"before")
        assert accepted.recv(100) == b"before"

        holdings.group("web")
        site.enforce()

        client.sendall(b"after")
        with pytest.raises(TimeoutError):
            accepted.recv(100)


def test_an_open_connection_survives_changes_of_the_rules(
    site: Site, holdings: Holdings, open_out: str
) -> None:
    web = holdings.group("web", holdings.rule(protocol="tcp", ports=(80, 80)))
    site.boot("one", "10.77.0.11", open_out, web)
    site.boot("two", "10.77.0.12", open_out)
    with entered(site.at("one")):
        server = socket.create_server(("10.77.0.11", 80))
    with entered(site.at("two")):
        client = socket.create_connection(("10.77.0.11", 80), timeout=5)
    accepted, _ = server.accept()
    with server, client, accepted, ThreadPoolExecutor(1) as changing:
        accepted.settimeout(5)
        changes = changing.submit(lambda: [site.enforce() for _ in range(20)])
        while not changes.done():
            client.sendall(b"ping")
            assert accepted.recv(4, socket.MSG_WAITALL) == b"ping"
        assert max(changes.result()) < 0.3


def test_egress_without_a_rule_is_dropped_except_replies(site: Site, holdings: Holdings) -> None:
    anyone = holdings.group("anyone in", holdings.rule())
    out = holdings.group("dns only", holdings.rule("egress", protocol="tcp", ports=(53, 53)))
    site.boot("one", "10.77.0.11", anyone)
    site.boot("two", "10.77.0.12", anyone, out)
    assert reaches(site, "two", "one", "10.77.0.11", 53)
    assert not reaches(site, "two", "one", "10.77.0.11", 80)
    assert not reaches(site, "one", "two", "10.77.0.12", 80)
    assert reaches(site, "two", None, LAB, 53)
    assert not reaches(site, "two", None, LAB, 80)


def test_a_rule_with_a_remote_group_accepts_its_members_only(
    site: Site, holdings: Holdings
) -> None:
    nodes = holdings.group("nodes")
    holdings.group("nodes", holdings.rule("egress"), holdings.rule(remote_group_id=nodes))
    other = holdings.group("other", holdings.rule("egress"))
    site.boot("one", "10.77.0.11", nodes)
    site.boot("two", "10.77.0.12", nodes)
    site.boot("three", "10.77.0.13", other)
    assert reaches(site, "two", "one", "10.77.0.11", 2379)
    assert not reaches(site, "three", "one", "10.77.0.11", 2379)
    assert not reaches(
        site, None, "one", "10.77.0.11", 2379
    )  # the site's namespace is not a member


def test_the_sites_namespace_reaches_only_ports_that_are_open_to_all(
    site: Site, holdings: Holdings, open_out: str
) -> None:
    web = holdings.group("web", holdings.rule(protocol="tcp", ports=(80, 80)))
    site.boot("one", "10.77.0.11", open_out, web)
    assert reaches(site, None, "one", "10.77.0.11", 80)
    assert not reaches(site, None, "one", "10.77.0.11", 81)


def test_rules_apply_to_routed_packets_which_need_a_router(
    site: Site, holdings: Holdings, open_out: str
) -> None:
    web = holdings.group("web", holdings.rule(protocol="tcp", ports=(80, 80)))
    site.boot("one", "10.77.0.11", open_out, web)
    site.boot("far", "10.78.0.11", open_out, network="other")
    site.boot("apart", "10.79.0.11", open_out, network="no router")
    assert reaches(site, "far", "one", "10.77.0.11", 80)
    assert not reaches(site, "far", "one", "10.77.0.11", 81)
    assert not reaches(site, "apart", "one", "10.77.0.11", 80)
    assert not reaches(site, "apart", None, LAB, 80)


def test_a_packet_with_a_forged_source_address_is_dropped(site: Site, holdings: Holdings) -> None:
    everything = holdings.group("all", holdings.rule(), holdings.rule("egress"))
    site.boot("one", "10.77.0.11", everything)
    site.boot("two", "10.77.0.12", everything)
    site.boot("three", "10.77.0.13", everything)
    assert gets_datagram(site, "two", "10.77.0.12", "one", "10.77.0.11")
    assert not gets_datagram(site, "two", "10.77.0.13", "one", "10.77.0.11")
    with entered(site.at("two")):
        ip("link set eth0 address fa:16:3e:99:99:99")
    assert not gets_datagram(site, "two", "10.77.0.12", "one", "10.77.0.11")


def test_arp_for_an_address_of_another_machine_is_dropped(site: Site, holdings: Holdings) -> None:
    everything = holdings.group("all", holdings.rule(), holdings.rule("egress"))
    site.boot("one", "10.77.0.11", everything)
    allowed = ({"ip_address": "10.77.0.50"},)
    site.boot("two", "10.77.0.12", everything, pairs=allowed)
    with entered(site.at("two")):
        ip(*(f"address add 10.77.0.{last}/32 dev eth0" for last in (50, 51)))
    assert reaches(site, "one", "two", "10.77.0.50", 80)
    assert not reaches(site, "one", "two", "10.77.0.51", 80)


def test_pod_addresses_are_accepted_with_an_address_pair_only(
    site: Site, holdings: Holdings
) -> None:
    everything = holdings.group("all", holdings.rule(), holdings.rule("egress"))
    pair = {"ip_address": "10.93.1.0/24"}
    site.boot("one", "10.77.0.11", everything)
    site.boot("two", "10.77.0.12", everything, pairs=(pair,))
    assert gets_datagram(site, "two", "10.93.1.7", "one", "10.77.0.11")
    assert not gets_datagram(site, "two", "10.93.2.7", "one", "10.77.0.11")


def test_a_changed_address_pair_of_a_running_machine_applies_at_once(
    site: Site, holdings: Holdings
) -> None:
    everything = holdings.group("all", holdings.rule(), holdings.rule("egress"))
    site.boot("one", "10.77.0.11", everything)
    site.boot("two", "10.77.0.12", everything, pairs=({"ip_address": "10.93.0.0/16"},))
    assert gets_datagram(site, "two", "10.93.2.7", "one", "10.77.0.11")
    (two,) = (p for p in holdings.ports.values() if p["allowed_address_pairs"])
    two["allowed_address_pairs"] = [{"ip_address": "10.93.1.0/24"}]
    site.enforce()
    assert gets_datagram(site, "two", "10.93.1.7", "one", "10.77.0.11")
    assert not gets_datagram(site, "two", "10.93.2.7", "one", "10.77.0.11")


def test_without_port_security_all_packets_are_accepted(site: Site) -> None:
    site.boot("one", "10.77.0.11", secured=False)
    site.boot("two", "10.77.0.12", secured=False)
    assert reaches(site, "two", "one", "10.77.0.11", 80)
    assert reaches(site, None, "one", "10.77.0.11", 80)
    assert gets_datagram(site, "two", "10.93.2.7", "one", "10.77.0.11")


def test_a_bridge_is_deleted_with_its_last_port(site: Site, open_out: str) -> None:
    before = site.links()
    site.boot("one", "10.77.0.11", open_out)
    site.boot("two", "10.77.0.12", open_out)
    site.delete("one")
    assert len(site.links() - before) == 2  # the bridge and the other tap
    site.delete("two")
    assert site.links() == before


def test_a_port_that_the_rules_do_not_contain_is_closed(site: Site, holdings: Holdings) -> None:
    everything = holdings.group("all", holdings.rule(), holdings.rule("egress"))
    site.boot("one", "10.77.0.11", everything)
    site.boot("two", "10.77.0.12", everything)
    assert reaches(site, "two", "one", "10.77.0.11", 80)
    holdings.ports = {
        key: port for key, port in holdings.ports.items() if "10.77.0.12" not in str(port)
    }
    site.enforce()
    assert not reaches(site, "two", "one", "10.77.0.11", 80)
