"""Notebooks and the way in: what is secret, who talks to whom, what a person may choose."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from pulumi.runtime.rpc import is_rpc_secret, unwrap_rpc_secret

from infra import images, names
from infra.errors import ForegroundError
from infra.overlay.base.claims import Export
from infra.overlay.base.places import Database
from infra.overlay.base.secrets import Secret
from infra.overlay.ingress.cluster_dns import Resolving
from infra.overlay.ingress.ingress import Ingress
from infra.overlay.notebooks.notebooks import Notebooks

if TYPE_CHECKING:
    from collections.abc import Callable

    from infra.overlay.base.target import Cluster
    from infra.site import Site
    from infra.testing import Plan

    Asked = Callable[[Callable[[Cluster], Any]], Plan]


def notebooks(asked: Asked, site: Site) -> Plan:
    """What is asked for where people are."""

    def program(cluster: Cluster) -> None:
        database = Database("192.0.2.5", Secret("database").value)
        export = Export("192.0.2.6", "/srv/homes")
        Notebooks("notebooks", site, database, export, cluster, [])

    return asked(program)


def way_in(asked: Asked, site: Site) -> Plan:
    """What is asked for where the URL leads."""

    def program(cluster: Cluster) -> None:
        wanted = site.ingress
        assert wanted
        Ingress("ingress", site, wanted, cluster, routes={wanted.host: "http://x"}, needs=[])
        Resolving("resolving", cluster, {wanted.host: "10.94.0.9", "issuer.example": "192.0.2.7"})

    return asked(program)


def settings(asked: Asked, site: Site) -> dict[str, Any]:
    data = notebooks(asked, site).of("ConfigMap")["hub-config"].inputs["data"]
    told: dict[str, Any] = json.loads(data["settings.json"])
    return told


def test_what_nobody_may_read_is_secret(asked: Asked, site: Site) -> None:
    kept = notebooks(asked, site).of("Secret")
    hidden = kept["hub-secrets"].inputs["stringData"]
    assert is_rpc_secret(hidden) or all(map(is_rpc_secret, hidden.values()))
    assert is_rpc_secret(kept["proxy"].inputs["stringData"]) or all(
        map(is_rpc_secret, kept["proxy"].inputs["stringData"].values())
    )
    assert set(unwrap_rpc_secret(hidden)) == {"client", "cookie", "database", "proxy"}


def test_no_secret_stands_in_plain_configuration(asked: Asked, site: Site) -> None:
    plan = notebooks(asked, site)
    plain = json.dumps(
        [a.inputs for a in plan.asked if not a.type.endswith(":Secret")], default=str
    )
    assert "value-of-database" not in plain
    assert "client-secret of somebody" not in plain


def test_the_certificates_key_is_secret(asked: Asked, site: Site) -> None:
    given = way_in(asked, site).of("Secret")["ingress-certificate"].inputs["stringData"]
    assert is_rpc_secret(given) or is_rpc_secret(given["tls.key"])


def test_a_person_chooses_a_model_exactly_or_none(asked: Asked, site: Site) -> None:
    t4, plain = settings(asked, site)["session"]["profiles"]
    assert t4["display_name"] == "GPU t4"
    assert t4["kubespawner_override"] == {
        "extra_labels": {f"{names.LABELS}/session": "true", names.ACCELERATOR: "t4"},
        "extra_resource_guarantees": {"nvidia.com/gpu": "1"},
        "extra_resource_limits": {"nvidia.com/gpu": "1"},
        "node_affinity_required": [
            {"matchExpressions": [{"key": names.ACCELERATOR, "operator": "In", "values": ["t4"]}]}
        ],
    }
    assert plain["display_name"] == "CPU only"
    assert plain["kubespawner_override"] == {}


def test_the_hub_is_told_who_may_log_in(asked: Asked, site: Site) -> None:
    told = settings(asked, site)
    assert told["url"] == "https://hub.example:8443"
    assert told["database"] == {"host": "192.0.2.5", "name": "hub"}
    assert told["issuer"]["allowedGroups"] == ["people"]
    assert told["issuer"]["ca"] == "/etc/jupyterhub/issuer.pem"


def test_the_hub_gets_the_settings_that_its_tests_use(asked: Asked, site: Site) -> None:
    file = images.SERVICES / "notebooks" / "hub" / "tests" / "settings.json"
    assert keys(settings(asked, site)) == keys(json.loads(file.read_text()))


def keys(value: object) -> object:
    """The keys of nested objects, without their values."""
    return {k: keys(v) for k, v in value.items()} if isinstance(value, dict) else None


def test_sessions_have_a_namespace_that_nobody_else_has(asked: Asked, site: Site) -> None:
    labels = notebooks(asked, site).of("Namespace")["sessions"].inputs["metadata"]["labels"]
    assert labels == {
        names.PRIORITY: "interactive",
        "pod-security.kubernetes.io/enforce": "restricted",
    }


def test_the_hub_may_do_nothing_but_sessions(asked: Asked, site: Site) -> None:
    plan = notebooks(asked, site)
    (role,) = plan.of("Role").values()
    assert role.inputs["metadata"]["namespace"] == "sessions"
    assert {r for rule in role.inputs["rules"] for r in rule["resources"]} == {"pods", "events"}
    assert not plan.of("ClusterRole")


def test_sessions_hear_hub_and_proxy_and_say_little_inside(asked: Asked, site: Site) -> None:
    spec = notebooks(asked, site).of("NetworkPolicy")["sessions-sessions"].inputs["spec"]
    assert spec["policyTypes"] == ["Ingress", "Egress"]
    (hears,) = spec["ingress"]
    assert [peer["podSelector"]["matchLabels"]["app"] for peer in hears["from"]] == [
        "hub",
        "proxy",
    ]
    world = spec["egress"][-1]["to"][0]["ipBlock"]
    assert world["cidr"] == "0.0.0.0/0"
    assert set(world["except"]) == {
        "169.254.0.0/16",
        "10.77.1.0/24",
        "10.93.0.0/16",
        "10.94.0.0/16",
    }


def test_what_carries_sessions_is_never_evicted(asked: Asked, site: Site) -> None:
    pods = {
        name: a.inputs["spec"]["template"]["spec"]["priorityClassName"]
        for plan in (notebooks(asked, site), way_in(asked, site))
        for kind in ("Deployment", "DaemonSet")
        for name, a in plan.of(kind).items()
    }
    assert pods == dict.fromkeys(("homes", "hub", "proxy", "session-image", "ingress"), "platform")


def test_the_way_in_is_on_the_control_machine_at_the_port_of_the_url(
    asked: Asked, site: Site
) -> None:
    plan = way_in(asked, site)
    pod = plan.of("Deployment")["ingress"].inputs["spec"]["template"]["spec"]
    assert pod["nodeSelector"] == {"node-role.kubernetes.io/control-plane": ""}
    assert pod["containers"][0]["ports"] == [{"containerPort": 8443, "hostPort": 8443}]
    routes = yaml.safe_load(plan.of("ConfigMap")["ingress-routes"].inputs["data"]["routes.yaml"])
    assert routes["http"]["routers"]["hub.example"]["rule"] == "Host(`hub.example`)"


def test_pods_find_public_names_at_inside_addresses(asked: Asked, site: Site) -> None:
    (patch,) = way_in(asked, site).of("ConfigMapPatch").values()
    corefile = patch.inputs["data"]["Corefile"]
    assert "10.94.0.9 hub.example\n" in corefile
    assert "192.0.2.7 issuer.example\n" in corefile
    assert "forward . /etc/resolv.conf" in corefile


def test_a_file_that_is_not_there_is_told_in_one_sentence(asked: Asked, site: Site) -> None:
    assert site.identity
    site.identity.client_secret_file.unlink()
    with pytest.raises(ForegroundError, match=r"identity\.clientSecretFile cannot be read"):
        notebooks(asked, site)


def test_each_namespace_has_a_volume_of_its_own_that_nobody_else_can_claim(
    asked: Asked, site: Site
) -> None:
    plan = notebooks(asked, site)
    for space in ("platform", "sessions"):
        volume = plan.of("PersistentVolume")[f"{space}-homes"].inputs["spec"]
        claim = plan.of("PersistentVolumeClaim")[f"{space}-homes"].inputs
        assert volume["nfs"] == {"server": "192.0.2.6", "path": "/srv/homes"}
        assert "nfsvers=4.1" in volume["mountOptions"]
        assert volume["persistentVolumeReclaimPolicy"] == "Retain"
        assert (volume["claimRef"]["namespace"], volume["claimRef"]["name"]) == (space, "homes")
        assert claim["metadata"]["namespace"] == space
        assert claim["spec"]["volumeName"] == f"{space}-homes"


def test_sessions_mount_the_folder_that_the_homes_service_creates(
    asked: Asked, site: Site
) -> None:
    plan, told = notebooks(asked, site), settings(asked, site)["home"]
    service = plan.of("Service")["homes"].inputs
    assert told == {
        "claim": plan.of("PersistentVolumeClaim")["sessions-homes"].inputs["metadata"]["name"],
        "folder": "{username}",
        "service": f"http://homes.platform:{service['spec']['ports'][0]['port']:.0f}",
        "path": "/home/person",
    }


def test_only_the_hub_reaches_the_homes_service_which_is_not_root(
    asked: Asked, site: Site
) -> None:
    plan = notebooks(asked, site)
    fence = plan.of("NetworkPolicy")["platform-homes"].inputs["spec"]
    ((heard,),) = [rule["from"] for rule in fence["ingress"]]
    assert heard["podSelector"]["matchLabels"] == {"app": "hub"}
    assert fence["egress"] == []
    assert fence["policyTypes"] == ["Ingress", "Egress"]
    pod = plan.of("Deployment")["homes"].inputs["spec"]["template"]["spec"]
    assert (pod["securityContext"]["runAsUser"], pod["securityContext"]["runAsNonRoot"]) == (
        1000,
        True,
    )


def test_the_hub_mounts_no_homes(asked: Asked, site: Site) -> None:
    pod = notebooks(asked, site).of("Deployment")["hub"].inputs["spec"]["template"]["spec"]
    assert not [volume for volume in pod["volumes"] if "persistentVolumeClaim" in volume]
