"""Initial contents of a lab's cloud: project, user, flavors, external network, machine image.

Everything is created through the public API, as any client does it, unless it exists.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from lab import clouds, controlplane, machine_image
from lab.flavors import DISK_GIB, flavors
from lab.private_files import write_private

if TYPE_CHECKING:
    from pathlib import Path

    from lab.instance import LabInstance
    from lab.progress import Progress

__all__ = ["PUBLIC", "create", "is_complete"]

PUBLIC = "public"
RECIPE = "foreground_recipe"
"""Property of an image in Glance: the digest of its recipe."""
UPLOAD_S = 300.0


def is_complete(instance: LabInstance) -> bool:
    """Return whether the cloud has everything that this version of the lab creates."""
    try:
        return _record(instance).read_text() == _wanted()
    except FileNotFoundError:
        return False


def create(instance: LabInstance, image: Path, progress: Progress) -> None:
    """Create what is missing in the cloud."""
    cloud = clouds.connect(instance, admin=True)
    _project(cloud, instance)
    progress.say(f"project and user '{clouds.USER}'")
    _flavors(cloud)
    _public_network(cloud, instance)
    progress.say(f"flavors, external network '{PUBLIC}'")
    image_id = _image(cloud, image)
    progress.say(f"image '{machine_image.NAME}'")
    # unpacked now, so that the first server does not wait for it
    controlplane.labcloud(instance, "labcloud.nova", "unpack", image_id, image, progress=progress)
    write_private(_record(instance), _wanted())


def _record(instance: LabInstance) -> Path:
    return instance.state / "cloud" / "seeded"  # in the folder of the databases: removed with them


def _wanted() -> str:
    table = json.dumps([asdict(flavor) for flavor in flavors()])
    key = machine_image.key(machine_image.recipe())
    return hashlib.sha256(f"{table} {key} {PUBLIC}".encode()).hexdigest()


def _project(cloud: Any, instance: LabInstance) -> None:  # noqa: ANN401  # openstacksdk is untyped
    identity = cloud.identity
    project = identity.find_project(clouds.USER) or identity.create_project(name=clouds.USER)
    secret = clouds.password(instance)
    user = identity.find_user(clouds.USER)
    if user is None:
        user = identity.create_user(
            name=clouds.USER, password=secret, default_project_id=project.id
        )
    identity.assign_project_role_to_user(project, user, identity.find_role("member"))


def _flavors(cloud: Any) -> None:  # noqa: ANN401
    existing = {flavor.name: flavor for flavor in cloud.compute.flavors(get_extra_specs=True)}
    for wanted in flavors():
        flavor = existing.get(wanted.name) or cloud.compute.create_flavor(
            name=wanted.name, vcpus=wanted.vcpus, ram=wanted.memory_mib, disk=DISK_GIB
        )
        if wanted.specs and not wanted.specs.items() <= dict(flavor.extra_specs or {}).items():
            cloud.compute.create_flavor_extra_specs(flavor, dict(wanted.specs))


def _public_network(cloud: Any, instance: LabInstance) -> None:  # noqa: ANN401
    network = cloud.network.find_network(PUBLIC) or cloud.network.create_network(
        name=PUBLIC,
        is_router_external=True,
        provider_network_type="flat",
        provider_physical_network=PUBLIC,
    )
    if not network.subnet_ids:
        cloud.network.create_subnet(
            name=PUBLIC,
            network_id=network.id,
            ip_version=4,
            cidr=f"{instance.outside(0)}/24",
            gateway_ip=str(instance.outside(1)),
            is_dhcp_enabled=False,
            allocation_pools=[
                {"start": str(instance.outside(10)), "end": str(instance.outside(250))}
            ],
        )


def _image(cloud: Any, file: Path) -> str:  # noqa: ANN401
    key = machine_image.key(machine_image.recipe())
    for image in list(cloud.image.images(name=machine_image.NAME)):
        if image.status != "active":
            cloud.image.delete_image(image)  # an interrupted upload
        elif image.properties.get(RECIPE) == key:
            return str(image.id)
        else:  # kept, as servers may refer to it
            cloud.image.update_image(image, name=f"{image.name}-before-{key}", is_hidden=True)
    made = cloud.create_image(
        machine_image.NAME,
        filename=str(file),
        disk_format="raw",
        container_format="bare",
        visibility="public",
        wait=True,
        timeout=UPLOAD_S,
        **{RECIPE: key},
    )
    return str(made.id)
