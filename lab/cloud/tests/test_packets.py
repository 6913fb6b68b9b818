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
"""A dropped packet is told from a passed one by silence; a passed one takes microseconds."""


class Site:
    """A site's namespace, its machines, and what Neutron would hold about them."""

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
        """Take every namespace away, and with them all links and rules."""
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
        """Plug a machine, here an empty namespace, as Nova's driver does."""
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
        """Take a machine's link away, as Nova's driver does."""
        with entered(NAMESPACES / SITE):
            plug.unplug(self._vifs[name])

    def enforce(self) -> float:
        """Put what is held in force; return the seconds that it took."""
        started = time.monotonic()
        with entered(NAMESPACES / SITE):
            ruleset.apply(self.holdings.rules())
        return time.monotonic() - started

    def at(self, name: str | None) -> Path:
        """Return the namespace of a machine; of the lab itself if no name is given."""
        return NAMESPACES / (f"{SITE}-{name}" if name else SITE)

    def links(self) -> set[str]:
        """Return the links of the site's namespace."""
        with entered(NAMESPACES / SITE):
            return {name for _, name in socket.if_nameindex()}

    def _namespace(self, name: str) -> None:
        subprocess.run(["ip", "netns", "add", name], check=True)
        self._left.callback(subprocess.run, ["ip", "netns", "delete", name], check=True)


def ip(*commands: str) -> None:
    """Run ip commands in the namespace that this thread stands in."""
    subprocess.run(["ip", "-batch", "-"], input="\n".join(commands), text=True, check=True)


def reaches(site: Site, source: str | None, target: str | None, address: str, port: int) -> bool:
    """Say whether a TCP connection from one machine is answered by the other."""
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
    """Say whether a datagram that claims to come from `sender` arrives."""
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
    """Make a site whose networks have a router with a gateway."""
    holdings.router("router", "net", "other", gateway=True)
    made = Site(holdings)
    try:
        yield made
    finally:
        made.close()


@pytest.fixture
def open_out(holdings: Holdings) -> str:
    """Hold a group that lets a machine send what it likes, and receive nothing but answers."""
    return holdings.group("open out", holdings.rule("egress"))


def test_a_port_is_closed_until_a_rule_opens_it_and_closed_again_without_it(
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


def test_a_rule_taken_away_silences_a_connection_that_it_had_let_in(
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


def test_an_open_connection_lives_through_a_change_of_rules(
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


def test_egress_is_closed_too_but_answers_pass(site: Site, holdings: Holdings) -> None:
    anyone = holdings.group("anyone in", holdings.rule())
    out = holdings.group("dns only", holdings.rule("egress", protocol="tcp", ports=(53, 53)))
    site.boot("one", "10.77.0.11", anyone)
    site.boot("two", "10.77.0.12", anyone, out)
    assert reaches(site, "two", "one", "10.77.0.11", 53)
    assert not reaches(site, "two", "one", "10.77.0.11", 80)
    assert not reaches(site, "one", "two", "10.77.0.12", 80)
    assert reaches(site, "two", None, LAB, 53)
    assert not reaches(site, "two", None, LAB, 80)


def test_a_rule_for_a_group_admits_members_only(site: Site, holdings: Holdings) -> None:
    nodes = holdings.group("nodes")
    holdings.group("nodes", holdings.rule("egress"), holdings.rule(remote_group_id=nodes))
    other = holdings.group("other", holdings.rule("egress"))
    site.boot("one", "10.77.0.11", nodes)
    site.boot("two", "10.77.0.12", nodes)
    site.boot("three", "10.77.0.13", other)
    assert reaches(site, "two", "one", "10.77.0.11", 2379)
    assert not reaches(site, "three", "one", "10.77.0.11", 2379)
    assert not reaches(site, None, "one", "10.77.0.11", 2379)  # the lab is no member


def test_the_lab_itself_reaches_what_is_open_to_everybody_only(
    site: Site, holdings: Holdings, open_out: str
) -> None:
    web = holdings.group("web", holdings.rule(protocol="tcp", ports=(80, 80)))
    site.boot("one", "10.77.0.11", open_out, web)
    assert reaches(site, None, "one", "10.77.0.11", 80)
    assert not reaches(site, None, "one", "10.77.0.11", 81)


def test_routed_packets_meet_the_groups_and_need_a_router(
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


def test_a_forged_sender_is_dropped(site: Site, holdings: Holdings) -> None:
    everything = holdings.group("all", holdings.rule(), holdings.rule("egress"))
    site.boot("one", "10.77.0.11", everything)
    site.boot("two", "10.77.0.12", everything)
    site.boot("three", "10.77.0.13", everything)
    assert gets_datagram(site, "two", "10.77.0.12", "one", "10.77.0.11")
    assert not gets_datagram(site, "two", "10.77.0.13", "one", "10.77.0.11")
    with entered(site.at("two")):
        ip("link set eth0 address fa:16:3e:99:99:99")
    assert not gets_datagram(site, "two", "10.77.0.12", "one", "10.77.0.11")


def test_nobody_takes_an_address_over_by_arp(site: Site, holdings: Holdings) -> None:
    everything = holdings.group("all", holdings.rule(), holdings.rule("egress"))
    site.boot("one", "10.77.0.11", everything)
    allowed = ({"ip_address": "10.77.0.50"},)
    site.boot("two", "10.77.0.12", everything, pairs=allowed)
    with entered(site.at("two")):
        ip(*(f"address add 10.77.0.{last}/32 dev eth0" for last in (50, 51)))
    assert reaches(site, "one", "two", "10.77.0.50", 80)
    assert not reaches(site, "one", "two", "10.77.0.51", 80)


def test_a_pod_range_passes_with_an_address_pair_only(site: Site, holdings: Holdings) -> None:
    everything = holdings.group("all", holdings.rule(), holdings.rule("egress"))
    pair = {"ip_address": "10.93.1.0/24"}
    site.boot("one", "10.77.0.11", everything)
    site.boot("two", "10.77.0.12", everything, pairs=(pair,))
    assert gets_datagram(site, "two", "10.93.1.7", "one", "10.77.0.11")
    assert not gets_datagram(site, "two", "10.93.2.7", "one", "10.77.0.11")


def test_another_address_pair_of_a_running_machine_counts_at_once(
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


def test_port_security_switched_off_lets_everything_pass(site: Site) -> None:
    site.boot("one", "10.77.0.11", secured=False)
    site.boot("two", "10.77.0.12", secured=False)
    assert reaches(site, "two", "one", "10.77.0.11", 80)
    assert reaches(site, None, "one", "10.77.0.11", 80)
    assert gets_datagram(site, "two", "10.93.2.7", "one", "10.77.0.11")


def test_a_bridge_goes_with_its_last_port(site: Site, open_out: str) -> None:
    before = site.links()
    site.boot("one", "10.77.0.11", open_out)
    site.boot("two", "10.77.0.12", open_out)
    site.delete("one")
    assert len(site.links() - before) == 2  # the bridge and the other tap
    site.delete("two")
    assert site.links() == before


def test_a_port_unknown_to_the_rules_is_closed(site: Site, holdings: Holdings) -> None:
    everything = holdings.group("all", holdings.rule(), holdings.rule("egress"))
    site.boot("one", "10.77.0.11", everything)
    site.boot("two", "10.77.0.12", everything)
    assert reaches(site, "two", "one", "10.77.0.11", 80)
    holdings.ports = {
        key: port for key, port in holdings.ports.items() if "10.77.0.12" not in str(port)
    }
    site.enforce()
    assert not reaches(site, "two", "one", "10.77.0.11", 80)
