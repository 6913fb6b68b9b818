"""UDP datagrams with forged source addresses, sent from one machine to another."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lab.testing.server import Server

__all__ = ["arriving"]

SEND = """
import socket, struct, sys, time
raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
for _ in range(100):
    for sender in sys.argv[2:]:
        ends = map(socket.inet_aton, (sender, sys.argv[1]))
        header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 29, 1, 0, 64, 17, 0, *ends)
        raw.sendto(header + struct.pack("!HHHH", 4747, 4747, 9, 0) + b"x", (sys.argv[1], 0))
    time.sleep(0.1)
"""
RECEIVE = """
import socket
some = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
some.bind(("", 4747))
some.settimeout(10)
print(*{some.recvfrom(9)[1][0] for _ in range(10)})
"""


def arriving(source: Server, target: Server, address: str, *senders: str) -> set[str]:
    """Send datagrams with each of the source addresses; return the addresses that arrive.

    Args:
        source: Machine that sends.
        target: Machine that receives.
        address: Address of the target.
        senders: Source addresses; at least one of them must be allowed.
    """
    send = shlex.join(["python3", "-c", SEND, address, *senders])
    source.run(f"sudo systemd-run --quiet --collect {send}")
    return set(target.run(shlex.join(["python3", "-c", RECEIVE])).split())
