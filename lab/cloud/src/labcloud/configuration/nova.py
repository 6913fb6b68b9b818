"""nova.conf and the inventory of accelerators: every Nova service in one process, in one cell."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from labcloud.configuration.shared import (
    NEVER,
    Sections,
    Site,
    database,
    default,
    lock,
    login,
    tokens,
)

if TYPE_CHECKING:
    from pathlib import Path

    from labcloud.settings import Settings

__all__ = ["inventory", "inventory_folder", "sections"]

DRIVER = "foreground.MachineDriver"
"""Nova imports drivers from nova.virt; serving/nova.py registers ours there under this name."""
DRIVER_VARIABLE = "FOREGROUND_COMPUTE_DRIVER"
"""Environment variable with another driver, to run the services without machines."""
ACCELERATORS_PER_HOST = 8

FILTERS = (
    "ComputeFilter",
    "ComputeCapabilitiesFilter",
    "ImagePropertiesFilter",
    "ServerGroupAntiAffinityFilter",
    "ServerGroupAffinityFilter",
)
UNLIMITED = (
    "instances",
    "cores",
    "ram",
    "server_groups",
    "server_group_members",
    "key_pairs",
)


def sections(site: Site) -> Sections:
    """Return nova.conf."""
    settings = site.settings
    public = {"valid_interfaces": "public"}
    return {
        "DEFAULT": _default(site),
        "api": {"auth_strategy": "keystone", "local_metadata_per_cell": False},
        "api_database": database(site, "nova_api"),
        "database": database(site, "nova_cell1"),
        "keystone_authtoken": tokens(site, "nova"),
        "service_user": login(site, "nova", send_service_user_token=True),
        "placement": login(site, "placement", **public),
        "neutron": {
            **login(site, "neutron", **public),
            "service_metadata_proxy": True,
            "metadata_proxy_shared_secret": site.passwords["metadata"],
        },
        "glance": login(site, "glance", **public),
        "cinder": login(
            site,
            "cinder",
            os_region_name="RegionOne",
            catalog_info="block-storage::publicURL",
        ),
        "conductor": {"workers": 1},
        "scheduler": {"workers": 1, "discover_hosts_in_cells_interval": -1},
        "vnc": {"enabled": False},
        "filter_scheduler": {
            "enabled_filters": ",".join(FILTERS),
            "host_subset_size": 1,
        },
        "compute": {
            "provider_config_location": str(inventory_folder(settings)),
            "resource_provider_association_refresh": 0,
        },
        "quota": dict.fromkeys(UNLIMITED, -1),
        "oslo_concurrency": lock(site, "nova"),
        "oslo_messaging_notifications": {"driver": "noop"},
        "cache": {"enabled": True, "backend": "oslo_cache.dict"},
    }


def inventory_folder(settings: Settings) -> Path:
    """Return the folder of Nova's provider configuration: resources that no driver reports."""
    return settings.configuration("nova") / "inventory"


def inventory(settings: Settings) -> str:
    """Return the provider configuration (YAML): the accelerators of every compute host."""
    amount = {
        "total": ACCELERATORS_PER_HOST,
        "reserved": 0,
        "min_unit": 1,
        "max_unit": ACCELERATORS_PER_HOST,
        "step_size": 1,
        "allocation_ratio": 1.0,
    }
    provider = {
        "identification": {"uuid": "$COMPUTE_NODE"},
        "inventories": {"additional": [{name: amount} for name in settings.accelerator_resources]},
    }
    providers = [provider] if settings.accelerator_resources else []
    # JSON is valid YAML
    return json.dumps({"meta": {"schema_version": "1.0"}, "providers": providers}, indent=1)


def _default(site: Site) -> dict[str, str | int | bool]:
    own = site.settings.own_state("nova")
    return default(
        site,
        "nova",
        host=site.settings.hosts[0],
        my_ip=site.settings.listen,
        state_path=str(own),
        instances_path=str(own / "instances"),
        compute_driver=os.environ.get(DRIVER_VARIABLE, DRIVER),
        vif_plugging_is_fatal=False,  # ports are active as soon as they are bound
        vif_plugging_timeout=0,
        report_interval=60,
        service_down_time=NEVER,
        reclaim_instance_interval=0,
        sync_power_state_interval=-1,  # the driver reports at once when a machine stops
        log_options=False,
    )
