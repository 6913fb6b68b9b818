"""Enforcer: applies ports and security groups as nftables rules after each change in Neutron."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

from neutron_lib import context
from neutron_lib.callbacks import events, registry, resources
from neutron_lib.plugins import constants, directory
from oslo_log import log

from labcloud.neutron import exposure, ruleset, security

LOG = log.getLogger(__name__)

WATCHED = (
    resources.PORT,
    resources.SECURITY_GROUP,
    resources.SECURITY_GROUP_RULE,
    resources.ADDRESS_GROUP,
    resources.ROUTER_INTERFACE,
    resources.ROUTER_GATEWAY,
    resources.FLOATING_IP,
)
AFTER = (events.AFTER_CREATE, events.AFTER_UPDATE, events.AFTER_DELETE)
GATHER_S = 0.02
"""Seconds in which changes are collected: one request causes several within milliseconds."""
RETRY_S = 1.0

SYSCTLS = {  # of the site's namespace only
    Path("/proc/sys/net/bridge/bridge-nf-call-iptables"): "1",  # rules for bridged packets too
    Path("/proc/sys/net/ipv4/ip_forward"): "1",  # the namespace acts as the user's routers
    Path("/proc/sys/net/ipv4/conf/all/send_redirects"): "0",
}


class Enforcer:
    """Enforcer that applies the complete rule set in one transaction after each change."""

    def __init__(self, forward_file: Path) -> None:
        self._forward_file = forward_file
        self._changed = threading.Event()

    def start(self) -> None:
        """Prepare the namespace, subscribe to Neutron's events, apply the existing resources."""
        for path, value in SYSCTLS.items():
            path.write_text(value)
        for resource in WATCHED:
            for event in AFTER:
                registry.subscribe(self._on_change, resource, event)
        self._changed.set()
        threading.Thread(target=self._follow, name="packet-filter", daemon=True).start()

    def _on_change(self, *_event: Any, **_payload: Any) -> None:
        self._changed.set()

    def _follow(self) -> None:
        while self._changed.wait():
            time.sleep(GATHER_S)
            self._changed.clear()
            try:
                self._apply()
            except Exception:  # after any error the old rules stay in force, and it tries again
                LOG.exception("packet filter not applied; next try in %s s", RETRY_S)
                time.sleep(RETRY_S)
                self._changed.set()

    def _apply(self) -> None:
        started = time.monotonic()
        admin, core = context.get_admin_context(), directory.get_plugin()
        ports, groups = core.get_ports(admin), core.get_security_groups(admin)
        rules = security.read(ports, groups, core.get_address_groups(admin))
        ruleset.apply(rules)
        router = directory.get_plugin(constants.L3)
        floating_ips = router.get_floatingips(admin) if router else []
        exposure.write(self._forward_file, exposure.exposed(floating_ips, ports, groups))
        took = time.monotonic() - started
        LOG.info("packet filter: %d ports in %.3f s", len(rules.ports), took)
