"""The site's name server: CoreDNS with the few names that an air-gapped site's would know."""

from __future__ import annotations

from typing import TYPE_CHECKING

import toolchain
from lab.daemon import Daemon
from lab.identity.names import DOMAIN as PAGES
from lab.namespaces import NAMESPACES, connect
from lab.private import write_private

if TYPE_CHECKING:
    from lab.instance import Instance

__all__ = ["DAEMON", "DOMAIN", "up"]

DAEMON = "dns"
DOMAIN = "foreground.internal"
NAMES = {DOMAIN: ("mirror",), PAGES: ("iam",)}
"""What answers at the inside address; a browser of the host calls the issuer by the same name."""
START_S = 10.0
# whatever is not in the zone does not exist: nothing beyond the site is ever asked
COREFILE = """\
.:53 {{
    bind {address}
    template ANY ANY . {{
        rcode NXDOMAIN
    }}
    errors
}}
"""
ZONE_OF_COREFILE = """\
{domain}:53 {{
    bind {address}
    file {zone}
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
    folder, address = instance.state / "dns", instance.inside
    corefile, config, zones = folder / "Corefile", COREFILE.format(address=address), ""
    for domain, names in NAMES.items():
        zone = ZONE.format(domain=domain, address=address)
        zone += "".join(f"{name} 3600 IN A {address}\n" for name in names)
        config += ZONE_OF_COREFILE.format(domain=domain, address=address, zone=folder / domain)
        write_private(folder / domain, zone)
        zones += zone
    write_private(corefile, config)
    program = toolchain.ensure(["coredns"])["coredns"]
    daemon = Daemon(instance, DAEMON, [program, "-conf", corefile], settings=config + zones)
    started = daemon.start()
    daemon.ready(lambda: _accepts(instance), START_S)
    return started


def _accepts(instance: Instance) -> bool:
    try:
        connect(NAMESPACES / instance.netns, (str(instance.inside), 53), 1.0).close()
    except (TimeoutError, ConnectionError):
        return False
    return True
