"""Homes component: volumes of the homes, and the homes service, which creates the folders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pulumi
from pulumi_kubernetes.core.v1 import (
    ContainerArgs,
    ContainerPortArgs,
    HTTPGetActionArgs,
    PersistentVolumeClaimVolumeSourceArgs,
    PodSpecArgs,
    ProbeArgs,
    ResourceRequirementsArgs,
    ServicePortArgs,
    VolumeArgs,
    VolumeMountArgs,
)

from infra import images, names
from infra.overlay.base.addresses import (
    HOMES_APP,
    HOMES_CLAIM,
    HOMES_PORT,
    HUB_APP,
    PLATFORM,
    SESSIONS,
)
from infra.overlay.base.claims import claim
from infra.overlay.base.network_policies import Rules, allow_from, network_policy, pods
from infra.overlay.base.workloads import Workload, as_user, service, workload

if TYPE_CHECKING:
    from infra.overlay.base.claims import Export
    from infra.overlay.base.target import Target
    from infra.site import Site

__all__ = ["Homes"]

_MOUNTED: Final = "/srv/homes"


class Homes(pulumi.ComponentResource):
    """A claim of the homes in each namespace that mounts them, and the homes service.

    Sessions mount their folder of the claim. The hub mounts nothing, as it would hang when the NFS
    server is away: it asks the homes service for a person's folder. An init container of the
    session could create the folder too, but would make each start a second longer.

    Args:
        name: Unique within the stack.
        site: The complete site.
        export: The NFS export of all homes.
        target: Where; it must depend on the namespaces of platform and sessions.
    """

    def __init__(self, name: str, site: Site, export: Export, target: Target) -> None:
        super().__init__("foreground:overlay:Homes", name, None, target.component_options)
        # until 0.1 the component of notebooks created these objects
        notebooks = pulumi.create_urn("notebooks", "foreground:overlay:Notebooks")
        target = target.inside(self).moved_from(notebooks)
        claim(HOMES_CLAIM, SESSIONS, export, target)
        mounted = claim(HOMES_CLAIM, PLATFORM, export, target)
        homes = Workload(app=HOMES_APP, namespace=PLATFORM, pod=_pod(site.registry), parallel=True)
        from_hub = allow_from(pods(PLATFORM, HUB_APP), port=HOMES_PORT)
        rules = Rules(homes.labels, ingress=[from_hub], egress=[])
        network_policy(HOMES_APP, PLATFORM, rules, target)
        service(homes, [ServicePortArgs(port=HOMES_PORT)], target)
        workload(homes, target.after(mounted))
        self.register_outputs({})


def _pod(registry: str) -> PodSpecArgs:
    homes = ContainerArgs(
        name=HOMES_APP,
        image=images.reference(registry, "storage/homes"),
        args=[_MOUNTED, str(HOMES_PORT)],
        ports=[ContainerPortArgs(container_port=HOMES_PORT)],
        readiness_probe=ProbeArgs(
            http_get=HTTPGetActionArgs(path="/", port=HOMES_PORT),
            period_seconds=2,
            timeout_seconds=5,
        ),
        resources=ResourceRequirementsArgs(requests={"cpu": "10m", "memory": "32Mi"}),
        volume_mounts=[VolumeMountArgs(name="homes", mount_path=_MOUNTED)],
    )
    return PodSpecArgs(
        termination_grace_period_seconds=1,
        security_context=as_user(names.PERSON_UID, group=names.PERSON_UID),
        containers=[homes],
        volumes=[
            VolumeArgs(
                name="homes",
                persistent_volume_claim=PersistentVolumeClaimVolumeSourceArgs(
                    claim_name=HOMES_CLAIM
                ),
            ),
        ],
    )
