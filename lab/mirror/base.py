"""Debian base layer of images that configure packet filters: iptables, ipset, busybox."""

from __future__ import annotations

import os
import tarfile
from typing import TYPE_CHECKING

from lab.mirror import cache
from lab.mirror.children import run
from lab.mirror.layers import Entry, Folder, Layer, Link, Text, add, packed
from lab.mirror.progress import say

if TYPE_CHECKING:
    from pathlib import Path

SUITE = "bookworm"
TAR = "base.tar"
PACKAGES = ("base-files", "busybox-static", "ipset", "iptables", "netbase", "nftables")
LEFT_OUT = (
    "./dev",
    "./etc/apt",
    "./etc/dpkg",
    "./usr/games",
    "./usr/include",
    "./usr/lib/x86_64-linux-gnu/gconv",
    "./usr/share/doc",
    "./usr/share/locale",
    "./usr/share/man",
    "./var/cache",
    "./var/lib/apt",
    "./var/lib/dpkg",
)
"""Paths that no program in a pod reads."""

APPLETS = """
[ awk basename cat chmod chown cp cut date df dirname du echo env expr false find grep head
hostname id ip kill ln ls mkdir mktemp modprobe mount mv nc nslookup ping printf ps pwd
readlink rm rmdir sed seq sh sha256sum sleep sort stat sync tail tar tee test top touch tr true
umount uname uniq vi wc wget which xargs
"""
"""Commands of busybox, for init containers and for debugging in a pod."""

PEOPLE = """\
root:x:0:0:root:/root:/bin/sh
nobody:x:65534:65534:nobody:/nonexistent:/bin/false
nonroot:x:65532:65532:nonroot:/home/nonroot:/bin/false
"""
GROUPS = "root:x:0:\nnogroup:x:65534:\nnonroot:x:65532:\n"

OURS: tuple[Entry, ...] = (
    Folder("proc"),
    Folder("sys"),
    Folder("dev"),
    Folder("root", 0o700),
    Folder("tmp", 0o1777),
    Text("etc/passwd", PEOPLE),
    Text("etc/group", GROUPS),
    *(Link(f"usr/bin/{name}", "/bin/busybox") for name in APPLETS.split() if name != "sh"),
    Link("bin/sh", "busybox"),
    # Debian's installation scripts, which do not run here, would create these
    *(
        Link(f"usr/sbin/{family}{what}", "xtables-nft-multi")
        for family in ("iptables", "ip6tables")
        for what in ("", "-save", "-restore")
    ),
)


def base() -> Layer:
    """The base layer; the versions of its packages stay until the cache is removed."""
    return packed(["debian base", SUITE, PACKAGES, LEFT_OUT, OURS], _fill)


def _fill(archive: tarfile.TarFile) -> None:
    unpacked = cache.ensure("base", ["debian packages", SUITE, PACKAGES], _unpack_packages)
    ours = {entry.path for entry in OURS}
    with tarfile.open(unpacked / TAR) as source:
        for member in sorted(source, key=lambda member: member.name):
            _copy(source, member, archive, ours)
    for entry in OURS:
        add(archive, entry)


def _unpack_packages(new: Path) -> None:
    say(f"image base: {', '.join(PACKAGES)} of Debian {SUITE}")
    # variant extract only unpacks, without installation scripts: 29 MB instead of 170
    command = ["mmdebstrap", "--quiet", "--variant=extract", f"--include={','.join(PACKAGES)}"]
    environment = {**os.environ, "SOURCE_DATE_EPOCH": "0", "TMPDIR": str(new)}
    run([*command, SUITE, new / TAR], "the base layer of images cannot be made", env=environment)


def _copy(
    source: tarfile.TarFile, member: tarfile.TarInfo, archive: tarfile.TarFile, ours: set[str]
) -> None:
    name = member.name.removeprefix("./")
    left_out = any(member.name == path or member.name.startswith(f"{path}/") for path in LEFT_OUT)
    if left_out or name in {"", "."} or name in ours:
        return
    member.name = name
    member.mtime = 0
    if member.islnk():
        member.linkname = member.linkname.removeprefix("./")
    archive.addfile(member, source.extractfile(member) if member.isreg() else None)
