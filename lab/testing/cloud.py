"""OpenStack client for tests: servers, volumes, security groups, floating IPs of one project."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from lab import clouds, machine_image, seed
from lab.testing import project_cleanup
from lab.testing.server import Server, Ssh

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lab.instance import LabInstance

__all__ = ["Cloud"]

BOOT_S = 120.0
RANGE = "10.78.0.0/24"


@dataclass(frozen=True)
class Cloud:
    """Client of an unprivileged user of a lab's cloud."""

    instance: LabInstance
    folder: Path
    """Folder for SSH configuration and host keys."""

    @cached_property
    def api(self) -> Any:  # noqa: ANN401  # openstacksdk is untyped
        """Return openstacksdk's connection."""
        return clouds.connect(self.instance)

    @cached_property
    def network(self) -> str:
        """Id of a network with a router to the external network."""
        network = self.api.network.create_network(name="tests")
        subnet = self.api.network.create_subnet(
            network_id=network.id,
            ip_version=4,
            cidr=RANGE,
            dns_nameservers=[str(self.instance.inside)],
        )
        public = self.api.network.find_network(seed.PUBLIC)
        router = self.api.network.create_router(
            name="tests", external_gateway_info={"network_id": public.id}
        )
        self.api.network.add_interface_to_router(router, subnet_id=subnet.id)
        return str(network.id)

    @cached_property
    def key(self) -> str:
        """Name of the site's key pair in Nova."""
        public = (self.instance.state / "ssh" / "id_ed25519.pub").read_text()
        self.api.compute.create_keypair(name="tests", public_key=public)
        return "tests"

    @cached_property
    def ssh_group(self) -> str:
        """Id of a security group that opens port 22 to all."""
        group = self.api.network.create_security_group(name="tests-ssh")
        self.open(group.id, 22)
        return str(group.id)

    def clean(self) -> None:
        """Delete all resources of the project; later tests create theirs again."""
        project_cleanup.clean(self.api)
        for made in ("network", "key", "ssh_group"):
            self.__dict__.pop(made, None)

    @cached_property
    def ssh(self) -> Ssh:
        """SSH client for the servers."""
        return Ssh(self.instance, self.folder)

    def status(self, server: Server) -> str:
        """Return the status of a server in Nova."""
        return str(self.api.compute.get_server(server.id).status)

    def open(self, group: str, port: int, **peer: str) -> Any:  # noqa: ANN401
        """Open a TCP port, to all or to a peer; return the rule."""
        return self.api.network.create_security_group_rule(
            security_group_id=group,
            direction="ingress",
            ethertype="IPv4",
            protocol="tcp",
            port_range_min=port,
            port_range_max=port,
            **peer,
        )

    @contextmanager
    def group(self, name: str) -> Iterator[str]:
        """Create a security group for the block."""
        group = self.api.network.create_security_group(name=name)
        yield str(group.id)
        self.api.network.delete_security_group(group.id)

    @contextmanager
    def server(self, name: str, flavor: str = "c2.small", *groups: str) -> Iterator[Server]:
        """Create a server for the block; it accepts SSH connections."""
        server = self.create(name, flavor, *groups)
        try:
            yield server.wait()
        finally:
            self.delete(server)

    def create(self, name: str, flavor: str = "c2.small", *groups: str) -> Server:
        """Boot a server; return when it is ACTIVE in Nova."""
        compute = self.api.compute
        made = compute.create_server(
            name=name,
            image_id=self.api.image.find_image(machine_image.NAME).id,
            flavor_id=compute.find_flavor(flavor).id,
            networks=[{"port": self._port(name, *groups)}],
            key_name=self.key,
        )
        active = compute.wait_for_server(made, interval=0.2, wait=BOOT_S)
        address = active.addresses["tests"][0]["addr"]
        return Server(active.id, name, address, self.ssh)

    def delete(self, server: Server) -> None:
        """Delete a server and its port; return when both are deleted."""
        compute = self.api.compute
        compute.delete_server(server.id, ignore_missing=True)
        compute.wait_for_delete(compute.get_server(server.id), interval=0.2, wait=BOOT_S)
        for port in self.api.network.ports(name=f"tests-{server.name}"):
            self.api.network.delete_port(port)

    @contextmanager
    def floating_ip(self, server: Server) -> Iterator[str]:
        """Give a server a floating IP for the block."""
        (port,) = self.api.network.ports(name=f"tests-{server.name}")
        public = self.api.network.find_network(seed.PUBLIC)
        floating = self.api.network.create_ip(floating_network_id=public.id, port_id=port.id)
        yield str(floating.floating_ip_address)
        self.api.network.delete_ip(floating)

    @contextmanager
    def volume(self, name: str, gib: int = 1) -> Iterator[Any]:
        """Create a volume for the block."""
        volume = self.api.block_storage.create_volume(name=name, size=gib)
        self.volume_becomes(volume, "available")
        yield volume
        self.api.block_storage.delete_volume(volume)
        self.api.block_storage.wait_for_delete(volume, interval=0.2, wait=BOOT_S)

    def attach(self, server: Server, volume: Any) -> str:  # noqa: ANN401
        """Attach a volume; return its device path in the server."""
        self.api.compute.create_volume_attachment(server.id, volume_id=volume.id)
        self.volume_becomes(volume, "in-use")
        return f"/dev/disk/by-id/virtio-{volume.id[:20]}"

    def detach(self, server: Server, volume: Any) -> None:  # noqa: ANN401
        """Detach a volume."""
        self.api.compute.delete_volume_attachment(server.id, volume.id)
        self.volume_becomes(volume, "available")

    def volume_becomes(self, volume: Any, status: str) -> None:  # noqa: ANN401
        """Return when the volume has this status in Cinder."""
        self.api.block_storage.wait_for_status(
            volume, status, failures=["error"], interval=0.2, wait=BOOT_S
        )

    def _port(self, name: str, *groups: str) -> str:
        port = self.api.network.create_port(
            name=f"tests-{name}",
            network_id=self.network,
            security_groups=[self.ssh_group, *groups],
        )
        return str(port.id)
