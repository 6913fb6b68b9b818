"""Clean-up of an OpenStack project: deletes all resources in the order of their dependencies."""

from __future__ import annotations

from typing import Any

__all__ = ["clean"]

GONE_S = 120.0


def clean(cloud: Any) -> None:  # noqa: ANN401  # openstacksdk is untyped
    """Delete all resources of a project.

    Args:
        cloud: openstacksdk's connection of the project's user.
    """
    _servers(cloud)
    _volumes(cloud)
    mine = {"project_id": cloud.current_project_id}
    network = cloud.network
    for floating in list(network.ips(**mine)):
        network.delete_ip(floating)
    for router in list(network.routers(**mine)):
        _router(network, router)
    for port in list(network.ports(**mine)):
        network.delete_port(port)
    for own in list(network.networks(**mine)):
        network.delete_network(own)
    for group in list(network.security_groups(**mine)):
        if group.name != "default":
            network.delete_security_group(group)
    for key in list(cloud.compute.keypairs()):
        cloud.compute.delete_keypair(key)


def _servers(cloud: Any) -> None:  # noqa: ANN401
    servers = list(cloud.compute.servers())
    for server in servers:
        cloud.compute.delete_server(server)
    for server in servers:
        cloud.compute.wait_for_delete(server, interval=0.2, wait=GONE_S)


def _volumes(cloud: Any) -> None:  # noqa: ANN401
    for volume in list(cloud.block_storage.volumes()):
        cloud.block_storage.delete_volume(volume)
        cloud.block_storage.wait_for_delete(volume, interval=0.2, wait=GONE_S)


def _router(network: Any, router: Any) -> None:  # noqa: ANN401
    for port in list(network.ports(device_id=router.id)):
        if port.device_owner == "network:router_interface":
            for fixed in port.fixed_ips:
                network.remove_interface_from_router(router, subnet_id=fixed["subnet_id"])
    network.delete_router(router)
