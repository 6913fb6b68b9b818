"""LabInstance: the name, number, folders and addresses of one site's lab."""

from __future__ import annotations

import fcntl
import json
import re
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path
from typing import TYPE_CHECKING

from infra.errors import ForegroundError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["RUN", "STATE", "LabInstance"]

STATE = Path("/var/lib/foreground")
RUN = Path("/run/foreground")
NUMBERS = {"local": 0, "ci": 1}
"""Sites whose addresses are written in site files; others get the next free number."""
LAST_NUMBER = 250
NAME = re.compile(r"[a-z][a-z0-9-]{0,14}")
RESERVED = {"evidence", "host"}
"""Names of other folders in the same place as the sites' folders."""


@dataclass(frozen=True)
class LabInstance:
    """The lab of one site."""

    site: str
    number: int

    @classmethod
    def named(cls, site: str) -> LabInstance:
        """Return the lab of a site; a lab that was never started has the number that it would get.

        Raises:
            ForegroundError: No site can have this name.
        """
        if not NAME.fullmatch(site) or site in RESERVED:
            raise ForegroundError(
                f"'{site}' cannot be the name of a site: at most 15 of a-z, 0-9 and '-', "
                f"a letter first, and not {' or '.join(sorted(RESERVED))}",
                "python -m lab up local",
            )
        return cls(site, NUMBERS[site] if site in NUMBERS else _number(site, _reserved_numbers()))

    def claim(self) -> None:
        """Reserve the number for this site until `release`.

        Raises:
            ForegroundError: Another site took the number meanwhile.
        """
        if self.site in NUMBERS:
            return
        with _numbers() as reserved:
            if _number(self.site, reserved) != self.number:
                raise ForegroundError(
                    f"another site took the number {self.number} just now",
                    f"python -m lab up {self.site}",
                )
            reserved[self.site] = self.number

    def release(self) -> None:
        """Free the number, when the site's state is removed."""
        if self.site not in NUMBERS and STATE.is_dir():
            with _numbers() as reserved:
                reserved.pop(self.site, None)

    @property
    def state(self) -> Path:
        """Folder that outlives the lab: volumes, databases, keys, logs."""
        return STATE / self.site

    @property
    def run(self) -> Path:
        """Folder that is removed when the lab ends."""
        return RUN / self.site

    @property
    def netns(self) -> str:
        """Network namespace of the site; the names of its machines' namespaces begin with it."""
        return f"fg-{self.site}"

    @property
    def cgroup(self) -> str:
        """Control group of all processes of the lab, in every hierarchy."""
        return f"foreground-{self.site}"

    @property
    def inside(self) -> IPv4Address:
        """Address of the mirror and of the DNS server, as machines use it."""
        return IPv4Address(f"10.91.{self.number}.1")

    @property
    def api(self) -> IPv4Address:
        """Address of the OpenStack APIs, on the host and in the namespace."""
        return self.outside(2)

    @property
    def bastion(self) -> IPv4Address:
        """Address of the jump host, on the host and in the namespace."""
        return self.outside(3)

    def outside(self, last: int) -> IPv4Address:
        """Return an address of the site's loopback network, 127.77.<number>.0/24."""
        return IPv4Address(f"127.77.{self.number}.{last}")


def _number(site: str, reserved: dict[str, int]) -> int:
    if site in reserved:
        return reserved[site]
    taken = {*NUMBERS.values(), *reserved.values()}
    free = next((number for number in range(LAST_NUMBER) if number not in taken), None)
    if free is None:
        raise ForegroundError(
            f"all {LAST_NUMBER} numbers of sites are taken", "python -m lab reset <a site>"
        )
    return free


def _reserved_numbers() -> dict[str, int]:
    try:
        reserved: dict[str, int] = json.loads((STATE / "numbers.json").read_text())
    except FileNotFoundError:
        return {}
    return reserved


@contextmanager
def _numbers() -> Iterator[dict[str, int]]:
    """Lock and read the sites' numbers; write them at the end of the block."""
    STATE.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (STATE / "numbers.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        reserved = _reserved_numbers()
        yield reserved
        aside = STATE / "numbers.part"
        aside.write_text(json.dumps(reserved))
        aside.rename(STATE / "numbers.json")
