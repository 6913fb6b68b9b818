"""The site's name server: CoreDNS with the few names that an air-gapped site's would know."""

from __future__ import annotations

from typing import TYPE_CHECKING

import toolchain
from lab.daemon import Daemon
from lab.namespaces import NAMESPACES, connect
from lab.private import write_private

if TYPE_CHECKING:
    from lab.instance import Instance

__all__ = ["DAEMON", "DOMAIN", "up"]

DAEMON = "dns"
DOMAIN = "foreground.internal"
NAMES = ("mirror",)
"""What answers at the inside address."""
START_S = 10.0
# whatever is not in the zone does not exist: nothing beyond the site is ever asked
COREFILE = """\
{domain}:53 {{
    bind {address}
    file {zone}
    errors
}}
.:53 {{
    bind {address}
    template ANY ANY . {{
        rcode NXDOMAIN
    }}
    errors
}}
"""
ZONE = """\
$ORIGIN {domain}.
@ 3600 IN SOA dns.{domain}. operators.{domain}. 1 7200 3600 1209600 60
@ 3600 IN NS dns
dns 3600 IN A {address}
"""


def up(instance: Instance) -> bool:
    """Have it answer; return whether it had to be started."""
    folder = instance.state / "dns"
    zone, corefile = folder / "zone", folder / "Corefile"
    names = ZONE.format(domain=DOMAIN, address=instance.inside)
    names += "".join(f"{name} 3600 IN A {instance.inside}\n" for name in NAMES)
    config = COREFILE.format(domain=DOMAIN, address=instance.inside, zone=zone)
    write_private(zone, names)
    write_private(corefile, config)
    program = toolchain.ensure(["coredns"])["coredns"]
    daemon = Daemon(instance, DAEMON, [program, "-conf", corefile], settings=config + names)
    started = daemon.start()
    daemon.ready(lambda: _accepts(instance), START_S)
    return started


def _accepts(instance: Instance) -> bool:
    try:
        connect(NAMESPACES / instance.netns, (str(instance.inside), 53), 1.0).close()
    except (TimeoutError, ConnectionError):
        return False
    return True
