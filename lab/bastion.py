"""Jump host of a lab: Debian's sshd in the site's network namespace, for forwarding to SSH only.

Installing openssh-server would start an sshd on the host, so the package is only unpacked into
the cache. sshd needs a user of its own and /run/sshd. It runs in a mount namespace in which
/etc/passwd, /etc/group and /run are replaced, so that the host needs neither.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from infra.errors import ForegroundError
from lab.daemon import Daemon
from lab.namespaces import NAMESPACES, connect
from lab.private_files import write_private
from toolchain import folders

if TYPE_CHECKING:
    from lab.instance import LabInstance

__all__ = ["DAEMON", "PORT", "USER", "key_pair", "up"]

DAEMON = "bastion"
PORT = 2222
USER = "jump"
PACKAGE = "openssh-server"
START_S = 10.0
PASSWD = f"""\
root:x:0:0:root:/root:/bin/sh
sshd:*:64122:65534:privilege separation:/run/sshd:/usr/sbin/nologin
{USER}:*:64123:64123:forwards to machines:/:/usr/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
"""
GROUP = f"root:x:0:\n{USER}:x:64123:\nnogroup:x:65534:\n"
CONFIG = """\
ListenAddress {address}:{port}
HostKey {folder}/host_key
PidFile none
UsePAM no
AllowUsers {user}
AuthenticationMethods publickey
# a copy outside the site's folders, which only root may enter
AuthorizedKeysFile /run/authorized_keys
PermitTTY no
X11Forwarding no
AllowAgentForwarding no
AllowStreamLocalForwarding no
AllowTcpForwarding local
# PermitOpen takes no address ranges; the namespace reaches machines only
PermitOpen *:22
ForceCommand /usr/sbin/nologin
# all machines are configured at once; the defaults (10, 10) refuse some of the connections
MaxStartups 200
MaxSessions 100
ClientAliveInterval 30
"""
# sshd needs nothing of the host's /run, so an empty one is mounted over it.
ENTER = """\
set -e
mount --bind "$1/passwd" /etc/passwd
mount --bind "$1/group" /etc/group
keys=$(cat "$1/authorized_keys")
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -m 755 /run/sshd
printf '%s\\n' "$keys" > /run/authorized_keys
exec "$2" -D -e -f "$1/sshd_config"
"""


def up(instance: LabInstance) -> bool:
    """Start the jump host unless it runs; return whether it was started."""
    folder = instance.state / "bastion"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    public = key_pair(instance.state / "ssh" / "id_ed25519", f"foreground-{instance.site}")
    host_key = key_pair(folder / "host_key", f"bastion-{instance.site}")
    config = CONFIG.format(address=instance.bastion, port=PORT, folder=folder, user=USER)
    files = {"passwd": PASSWD, "group": GROUP, "sshd_config": config, "authorized_keys": public}
    for name, content in files.items():
        write_private(folder / name, content, 0o644)
    script: list[str | Path] = ["/bin/sh", "-c", ENTER, DAEMON, folder, _sshd()]
    daemon = Daemon(
        instance,
        DAEMON,
        ["unshare", "--mount", "--propagation", "private", *script],
        settings="".join([*files.values(), host_key]),
    )
    started = daemon.start()
    daemon.ready(lambda: _greets(instance), START_S)
    return started


def key_pair(path: Path, comment: str) -> str:
    """Create an SSH key pair unless it exists; return the public key."""
    public = path.with_suffix(".pub")
    if not public.exists():  # ssh-keygen writes it last
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        make = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", str(path)]
        subprocess.run(make, check=True, stdin=subprocess.DEVNULL)
    return public.read_text()


def _greets(instance: LabInstance) -> bool:
    namespace = NAMESPACES / instance.netns
    try:
        with connect(namespace, (str(instance.bastion), PORT), 1.0) as connection:
            return connection.recv(4) == b"SSH-"
    except (TimeoutError, ConnectionError):
        return False


def _sshd() -> Path:
    """Return the path of sshd in the current Debian version, downloaded if it is not cached."""
    policy = subprocess.run(
        ["apt-cache", "policy", PACKAGE], capture_output=True, text=True, check=True
    )
    found = re.search(r"Candidate: (?:\d+:)?(\S+)", policy.stdout)
    if not found or found[1] == "(none)":
        raise ForegroundError(f"apt knows no package {PACKAGE}", "sudo apt-get update")
    folder = folders.root() / f"{PACKAGE}-{found[1]}"
    if not folder.is_dir():
        _fetch(folder)
    return folder / "usr" / "sbin" / "sshd"


def _fetch(folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f"{PACKAGE}.") as scratch:
        download = ["apt-get", "-q", "-o", "APT::Sandbox::User=root", "download", PACKAGE]
        done = subprocess.run(download, cwd=scratch, capture_output=True, text=True, check=False)
        packages = list(Path(scratch).glob("*.deb"))
        if done.returncode or not packages:
            raise ForegroundError(
                f"apt-get could not download {PACKAGE}: {done.stderr.strip()}",
                "sudo apt-get update",
            )
        unpacked = Path(scratch) / "unpacked"
        subprocess.run(["dpkg-deb", "--extract", packages[0], unpacked], check=True)
        shutil.rmtree(folder, ignore_errors=True)
        unpacked.rename(folder)
