"""DNS server of a lab: CoreDNS that knows the mirror and the OIDC issuer, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import toolchain
from lab.daemon import Daemon
from lab.identity.names import DOMAIN as PAGES
from lab.namespaces import NAMESPACES, connect
from lab.private_files import write_private

if TYPE_CHECKING:
    from lab.instance import LabInstance

__all__ = ["DAEMON", "DOMAIN", "up"]

DAEMON = "dns"
DOMAIN = "foreground.internal"
NAMES = {DOMAIN: ("mirror",), PAGES: ("iam",)}
"""Host names at the inside address, by domain; a browser on the host uses the same issuer name."""
START_S = 10.0
# all other names are NXDOMAIN: no query leaves the site
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


def up(instance: LabInstance) -> bool:
    """Start the server unless it runs; return whether it was started."""
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


def _accepts(instance: LabInstance) -> bool:
    try:
        connect(NAMESPACES / instance.netns, (str(instance.inside), 53), 1.0).close()
    except (TimeoutError, ConnectionError):
        return False
    return True
