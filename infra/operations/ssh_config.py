"""ssh_config of one operation: host keys pinned under server ids, all through the jump host."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

    from .member_inputs import JumpHost, SshAccess, SshTarget

__all__ = ["JUMP_HOST", "config_text", "jump_host_key"]

JUMP_HOST: Final = "way-in"
"""Alias of the jump host in the file."""

_COMMON: Final = """
Host *
  User {user}
  IdentityFile "{key}"
  IdentitiesOnly yes
  BatchMode yes
  StrictHostKeyChecking accept-new
  HashKnownHosts no
  LogLevel ERROR
  ConnectTimeout 5
  ServerAliveInterval 5
  ServerAliveCountMax 6
  ControlMaster auto
  ControlPersist 30
  ControlPath "{sockets}/%C"
"""


def jump_host_key(jump: JumpHost) -> str:
    """Return the name of the file that pins the jump host's key."""
    return f"{jump.host}-{jump.port}"


def config_text(
    access: SshAccess, targets: tuple[SshTarget, ...], known_hosts: Path, sockets: Path
) -> str:
    """Return the text. In an ssh_config the first value wins, so the common part is last.

    HostKeyAlias is the server's id: the next server may get the same address, but not the key.
    Each server has its own known_hosts file, so that two operations never write the same one.

    Args:
        access: User, key and jump host.
        targets: The machines.
        known_hosts: Folder of the pinned keys.
        sockets: Folder for the sockets of SSH's masters.
    """
    blocks = []
    if jump := access.jump_host:
        blocks.append(
            f"Host {JUMP_HOST}\n  HostName {jump.host}\n  User {jump.user}\n  Port {jump.port}\n"
            f'  UserKnownHostsFile "{known_hosts}/{jump_host_key(jump)}"\n'
            "  ControlMaster no\n  ControlPath none\n"
        )
    proxy = f"  ProxyJump {JUMP_HOST}\n" if access.jump_host else ""
    blocks += [
        (
            f"Host {target.name}\n  HostName {target.address}\n"
            f"  HostKeyAlias {target.server_id}\n"
            f'  UserKnownHostsFile "{known_hosts}/{target.server_id}"\n{proxy}'
        )
        for target in targets
    ]
    common = _COMMON.format(user=access.user, key=access.key_file, sockets=sockets)
    return "\n".join(blocks) + common
