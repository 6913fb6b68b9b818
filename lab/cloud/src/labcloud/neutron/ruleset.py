"""nftables rule set: a packet filter as text, applied in one transaction.

The kernel has no connection tracking for bridges (no ``ct`` in nft's bridge family), and IP tables
cannot match the ports of a bridge. So the bridge table, which gets every frame first, drops forged
source addresses and marks each packet with the port that it comes from or goes to. The IP table,
which gets bridged packets by br_netfilter, decides by that mark and by the connection state.

Only *replies* of a connection are accepted without a rule. The rules apply to each packet of the
initiator, so that removing a rule ends its connections, without changes to the connection table.
"""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

from labcloud.neutron.names import BRIDGE_PREFIX, TAP_PREFIX
from labcloud.neutron.security import EVERYWHERE, FilteredPort, Group, Opening, PacketFilter

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["RulesRefusedError", "apply", "render"]

LEAVES, ARRIVES, ARRIVES_UNSECURED = 0x10000000, 0x20000000, 0x40000000  # above a port's 28 bits
ICMP = 1

TEMPLATE = """\
table bridge foreground
delete table bridge foreground
table ip foreground
delete table ip foreground

table bridge foreground {{
  set senders {{ type ifname . ether_addr . ipv4_addr; flags interval; {senders} }}
  set unsecured {{ type ifname; {unsecured} }}
  map leaves {{ type ifname : mark; {leaves} }}
  map arrives {{ type ifname : mark; {arrives} }}

  chain leaving {{
    type filter hook prerouting priority -300; policy accept;
    iifname != "{tap}*" accept
    iifname @unsecured accept
    meta mark set iifname map @leaves
    ether type ip iifname . ether saddr . ip saddr @senders accept
    ether type arp iifname . ether saddr . arp saddr ip != @senders drop
    ether type arp iifname . arp saddr ether . arp saddr ip @senders accept
    drop
  }}
  chain arriving {{
    type filter hook forward priority -300; policy accept;
    oifname != "{tap}*" accept
    oifname != @arrives drop
    meta mark set oifname map @arrives
  }}
}}

table ip foreground {{
  map leaves {{ type mark : verdict; {leaving_chains} }}
  map arrives {{ type mark : verdict; {arriving_chains} }}
  map addresses {{ type ifname . ipv4_addr : verdict; {addresses} }}
  set routes {{ type ifname . ifname; {routes} }}
  set uplinks {{ type ifname; {uplinks} }}
{chains}
  chain leaving {{
    type filter hook prerouting priority 0; policy accept;
    meta mark 0 accept
    ct state invalid drop
    ct direction reply ct state established,related accept
    ct state related accept
    meta mark vmap @leaves
    drop
  }}
  chain bridged_or_routed {{
    type filter hook forward priority 0; policy accept;
    ct direction reply ct state established,related accept
    ct state related accept
    meta mark vmap @arrives
    iifname . oifname @routes oifname . ip daddr vmap @addresses
    oifname "{bridge}*" drop
    iifname "{bridge}*" iifname != @uplinks drop
  }}
  chain to_the_lab {{
    type filter hook input priority 0; policy accept;
    iifname != "{bridge}*" accept
    ct direction reply ct state established,related accept
    ct state related accept
    iifname != @uplinks drop
  }}
  chain from_the_lab {{
    type filter hook output priority 0; policy accept;
    oifname != "{bridge}*" accept
    ct direction reply ct state established,related accept
    ct state related accept
    oifname . ip daddr vmap @addresses
    drop
  }}
}}
"""


class RulesRefusedError(Exception):
    """The new rules were refused; the old rules are still in force."""


def render(rules: PacketFilter) -> str:
    """Return the whole packet filter as text for ``nft -f``."""
    ports = rules.ports
    secured = [port for port in ports if port.secured]
    return TEMPLATE.format(
        tap=TAP_PREFIX,
        bridge=BRIDGE_PREFIX,
        senders=_elements(
            f'"{port.tap}" . {mac} . {prefix}' for port in secured for mac, prefix in port.sources
        ),
        unsecured=_elements(f'"{port.tap}"' for port in ports if not port.secured),
        leaves=_elements(f'"{port.tap}" : {LEAVES | port.number:#x}' for port in secured),
        arrives=_elements(f'"{port.tap}" : {_arrives(port):#x}' for port in ports),
        leaving_chains=_elements(
            f"{LEAVES | port.number:#x} : goto leaving-{port.tap}" for port in secured
        ),
        arriving_chains=_elements(
            [f"{ARRIVES_UNSECURED:#x} : accept"]
            + [f"{_arrives(port):#x} : {_arriving(port)}" for port in secured]
        ),
        addresses=_elements(
            f'"{port.bridge}" . {address} : {_arriving(port)}'
            for port in ports
            for address in port.addresses
        ),
        routes=_elements(f'"{near}" . "{far}"' for near, far in rules.routes),
        uplinks=_elements(f'"{bridge}"' for bridge in rules.uplinks),
        chains="\n".join([*map(_group_chains, rules.groups), *map(_port_chains, secured)]),
    )


def apply(rules: PacketFilter) -> None:
    """Apply the packet filter in the current network namespace, in one transaction.

    Raises:
        RulesRefusedError: nft is missing or refused the rules.
    """
    if not shutil.which("nft"):
        raise RulesRefusedError("no program nft: apt-get install nftables")
    nft = subprocess.run(
        ["nft", "-f", "-"], input=render(rules), text=True, capture_output=True, check=False
    )
    if nft.returncode:
        raise RulesRefusedError(f"nft refused the rules: {nft.stderr.strip()}")


def _elements(entries: Iterable[str]) -> str:
    listed = ", ".join(entries)
    return f"elements = {{ {listed} }}" if listed else ""


def _arrives(port: FilteredPort) -> int:
    return ARRIVES | port.number if port.secured else ARRIVES_UNSECURED


def _arriving(port: FilteredPort) -> str:
    return f"goto arriving-{port.tap}" if port.secured else "accept"


def _port_chains(port: FilteredPort) -> str:
    return "\n".join(
        _chain(f"{way}-{port.tap}", [*(f"jump {rules}-{group}" for group in port.groups), "drop"])
        for way, rules in (("leaving", "egress"), ("arriving", "ingress"))
    )


def _group_chains(group: Group) -> str:
    return "\n".join(
        _chain(f"{direction}-{group.id}", [_opening(opening, peer) for opening in openings])
        for direction, peer, openings in (
            ("ingress", "saddr", group.ingress),
            ("egress", "daddr", group.egress),
        )
    )


def _chain(name: str, lines: Iterable[str]) -> str:
    return "\n".join([f"  chain {name} {{", *(f"    {line}" for line in lines), "  }"])


def _opening(opening: Opening, peer: str) -> str:
    words = []
    if opening.peers != (EVERYWHERE,):
        words.append(f"ip {peer} {{ {', '.join(opening.peers)} }}")
    if opening.protocol is not None:
        words.append(f"meta l4proto {opening.protocol}")
    if opening.protocol == ICMP:
        words += [
            f"icmp {name} {value}"
            for name, value in (("type", opening.first), ("code", opening.last))
            if value is not None
        ]
    elif opening.protocol is not None and opening.first is not None:
        words.append(f"th dport {opening.first}-{opening.last}")
    return " ".join([*words, "accept"])
