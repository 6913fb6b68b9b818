from __future__ import annotations

from typing import TYPE_CHECKING, Any

from infra.overlay.base.addresses import HOMES_CLAIM, HOMES_URL
from infra.overlay.base.claims import Export
from infra.overlay.storage.homes import Homes

if TYPE_CHECKING:
    from collections.abc import Callable

    from infra.overlay.base.target import Target
    from infra.site import Site
    from infra.testing import Plan

    Deploy = Callable[[Callable[[Target], Any]], Plan]


def homes(deploy: Deploy, site: Site) -> Plan:
    """All that the component declares."""
    export = Export("192.0.2.6", "/srv/homes")
    return deploy(lambda target: Homes("homes", site, export, target))


def test_each_namespace_has_a_volume_of_its_own_that_no_other_can_claim(
    deploy: Deploy, site: Site
) -> None:
    plan = homes(deploy, site)
    for space in ("platform", "sessions"):
        volume = plan.of("PersistentVolume")[f"{space}-homes"].inputs["spec"]
        claim = plan.of("PersistentVolumeClaim")[f"{space}-homes"].inputs
        assert volume["nfs"] == {"server": "192.0.2.6", "path": "/srv/homes"}
        assert "nfsvers=4.1" in volume["mountOptions"]
        assert volume["persistentVolumeReclaimPolicy"] == "Retain"
        assert (volume["claimRef"]["namespace"], volume["claimRef"]["name"]) == (space, "homes")
        assert claim["metadata"]["namespace"] == space
        assert claim["spec"]["volumeName"] == f"{space}-homes"


def test_the_addresses_of_the_homes_are_those_of_claim_and_service(
    deploy: Deploy, site: Site
) -> None:
    plan = homes(deploy, site)
    service = plan.of("Service")["homes"].inputs
    assert (
        plan.of("PersistentVolumeClaim")["sessions-homes"].inputs["metadata"]["name"]
        == HOMES_CLAIM
    )
    assert f"http://homes.platform:{service['spec']['ports'][0]['port']:.0f}" == HOMES_URL


def test_only_the_hub_connects_to_the_homes_service_which_is_not_root(
    deploy: Deploy, site: Site
) -> None:
    plan = homes(deploy, site)
    policy = plan.of("NetworkPolicy")["platform-homes"].inputs["spec"]
    ((client,),) = [rule["from"] for rule in policy["ingress"]]
    assert client["podSelector"]["matchLabels"] == {"app": "hub"}
    assert policy["egress"] == []
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    pod = plan.of("Deployment")["homes"].inputs["spec"]["template"]["spec"]
    assert (pod["securityContext"]["runAsUser"], pod["securityContext"]["runAsNonRoot"]) == (
        1000,
        True,
    )
