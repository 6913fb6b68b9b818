#!/usr/bin/python
"""Ansible module: check by RPC that an NFSv4 server exports a path; no kernel client is needed."""

from __future__ import annotations

import contextlib
import socket
import struct
import time

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = """
module: nfs_export
short_description: Check that an NFSv4 server gives out an export
options:
  host: {description: Address of the server., type: str, required: true}
  path: {description: Path of the export., type: path, required: true}
  port: {description: Its port., type: int, default: 2049}
  patience: {description: Seconds to wait for a response., type: int, default: 30}
"""

OPTIONS = {
    "host": {"type": "str", "required": True},
    "path": {"type": "path", "required": True},
    "port": {"type": "int", "default": 2049},
    "patience": {"type": "int", "default": 30},
}
CALL, RPC_VERSION, NFS, NFS_VERSION, COMPOUND, AUTH_NONE, AUTH_SYS = 0, 2, 100003, 4, 1, 0, 1
GETFH, LOOKUP, PUTROOTFH = 10, 15, 24
LAST_FRAGMENT = 0x80000000
INTERVAL = 0.5
"""Seconds between two requests to a server that is still starting."""


class NotExportedError(Exception):
    """The server responded that it does not export the path."""


def words(*values: int) -> bytes:
    """Encode numbers for RPC (RFC 4506)."""
    return struct.pack(f">{len(values)}I", *values)


def text(value: str) -> bytes:
    """Encode a string for RPC: its length, its bytes, padded to a multiple of four."""
    data = value.encode()
    return words(len(data)) + data + bytes(-len(data) % 4)


def request(path: str) -> bytes:
    """Encode one call (RFC 7530): from the server's root down to the path, and its file handle."""
    names = [name for name in path.split("/") if name]
    credentials = words(0) + text("foreground") + words(0, 0, 0)
    steps = [words(PUTROOTFH), *(words(LOOKUP) + text(name) for name in names), words(GETFH)]
    call = (
        words(1, CALL, RPC_VERSION, NFS, NFS_VERSION, COMPOUND)
        + words(AUTH_SYS, len(credentials))
        + credentials
        + words(AUTH_NONE, 0)
        + text("")
        + words(0, len(steps))
        + b"".join(steps)
    )
    return words(LAST_FRAGMENT | len(call)) + call


def exactly(connection: socket.socket, size: int) -> bytes:
    """Read a number of bytes from a connection."""
    data = b""
    while len(data) < size:
        part = connection.recv(size - len(data))
        if not part:
            raise ConnectionResetError
        data += part
    return data


def status(reply: bytes) -> int:
    """Return the NFS status in a response; an RPC error is a NotExportedError."""
    _, _, denied, _, verifier = struct.unpack(">5I", reply[:20])
    accepted = 20 + verifier
    if denied or struct.unpack(">I", reply[accepted : accepted + 4])[0]:
        raise NotExportedError("it refuses NFSv4")
    return int(struct.unpack(">I", reply[accepted + 4 : accepted + 8])[0])


def ask(server: tuple[str, int], path: str, seconds: float) -> None:
    """Send one request over one connection, from a port that only root may use."""
    with socket.socket() as connection:
        connection.settimeout(seconds)
        for port in range(1023, 665, -1):
            with contextlib.suppress(OSError):
                connection.bind(("", port))
                break
        connection.connect(server)
        connection.sendall(request(path))
        size = struct.unpack(">I", exactly(connection, 4))[0] & ~LAST_FRAGMENT
        code = status(exactly(connection, size))
    if code:
        raise NotExportedError(f"NFS status {code}")


def main() -> None:
    """Repeat the request until the server exports the path or the time is up."""
    module = AnsibleModule(OPTIONS, supports_check_mode=True)
    server, path = (module.params["host"], module.params["port"]), module.params["path"]
    deadline = time.monotonic() + module.params["patience"]
    while True:
        try:
            ask(server, path, max(1.0, deadline - time.monotonic()))
            module.exit_json(changed=False)
        except (NotExportedError, OSError) as problem:
            if time.monotonic() > deadline:
                module.fail_json(
                    msg=f"{server[0]}:{server[1]} does not give out {path}: {problem}"
                )
        time.sleep(INTERVAL)


if __name__ == "__main__":
    main()
