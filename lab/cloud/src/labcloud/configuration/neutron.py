"""neutron.conf: ML2 with labcloud's mechanism driver and router plugin, without agents."""

from __future__ import annotations

from labcloud.configuration.shared import (
    Sections,
    Site,
    database,
    default,
    lock,
    login,
    tokens,
)

__all__ = ["sections"]

UNLIMITED = ("network", "subnet", "port", "router", "floatingip", "security_group")


def sections(site: Site) -> Sections:
    """Return neutron.conf."""
    settings = site.settings
    return {
        "DEFAULT": default(
            site,
            "neutron",
            host="network",
            state_path=str(settings.own_state("neutron")),
            core_plugin="ml2",
            service_plugins="foreground_router",
            api_paste_config=str(settings.configuration("neutron") / "api-paste.ini"),
            rpc_workers=0,  # there are no agents to talk to
            rpc_state_report_workers=0,
        ),
        "database": database(site, "neutron"),
        "keystone_authtoken": tokens(site, "neutron"),
        "nova": login(site, "nova", endpoint_type="public"),
        "placement": login(site, "placement"),
        "oslo_concurrency": lock(site, "neutron"),
        "oslo_messaging_notifications": {"driver": "noop"},
        "quotas": {f"quota_{name}": -1 for name in (*UNLIMITED, "security_group_rule")},
        "ml2": {
            "type_drivers": "flat,local,vxlan",
            "tenant_network_types": "vxlan",  # for its MTU: no tunnel is made
            "mechanism_drivers": "foreground",
            "extension_drivers": "port_security",
        },
        "ml2_type_flat": {"flat_networks": "*"},
        "ml2_type_vxlan": {"vni_ranges": "1000:9999"},
    }
