from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from pulumi.runtime.rpc import is_rpc_secret, unwrap_rpc_secret

from infra import images, names
from infra.errors import ForegroundError
from infra.overlay.base.databases import Database
from infra.overlay.base.secrets import Secret
from infra.overlay.notebooks.notebooks import Notebooks

if TYPE_CHECKING:
    from collections.abc import Callable

    from infra.overlay.base.target import Target
    from infra.site import Site
    from infra.testing import Plan

    Deploy = Callable[[Callable[[Target], Any]], Plan]


def notebooks(deploy: Deploy, site: Site) -> Plan:
    """All that the component declares."""

    def program(target: Target) -> None:
        database = Database("192.0.2.5", "hub", Secret("database").value)
        Notebooks("notebooks", site, database, (), target)

    return deploy(program)


def settings(plan: Plan) -> dict[str, Any]:
    """The settings of the hub."""
    data = plan.of("ConfigMap")["hub-config"].inputs["data"]
    read: dict[str, Any] = json.loads(data["settings.json"])
    return read


def test_secrets_are_secret_to_pulumi(deploy: Deploy, site: Site) -> None:
    kept = notebooks(deploy, site).of("Secret")
    hidden = kept["hub-secrets"].inputs["stringData"]
    assert is_rpc_secret(hidden) or all(map(is_rpc_secret, hidden.values()))
    assert is_rpc_secret(kept["proxy"].inputs["stringData"]) or all(
        map(is_rpc_secret, kept["proxy"].inputs["stringData"].values())
    )
    assert set(unwrap_rpc_secret(hidden)) == {"client", "cookie", "database", "proxy"}


def test_no_secret_is_in_plain_configuration(deploy: Deploy, site: Site) -> None:
    plan = notebooks(deploy, site)
    every = [a for a in plan.resources if a.inputs]
    plain = json.dumps([a.inputs for a in every if not a.type.endswith(":Secret")], default=str)
    secret = json.dumps([a.inputs for a in every if a.type.endswith(":Secret")], default=str)
    for text in ("value-of-database", "identity-clientSecretFile of somebody"):
        assert text in secret
        assert text not in plain


def test_a_person_chooses_exactly_one_model_or_none(deploy: Deploy, site: Site) -> None:
    t4, plain = settings(notebooks(deploy, site))["session"]["profiles"]
    assert t4["display_name"] == "GPU t4"
    assert t4["kubespawner_override"] == {
        "extra_labels": {"foreground.internal/session": "true", names.ACCELERATOR: "t4"},
        "extra_resource_guarantees": {"nvidia.com/gpu": "1"},
        "extra_resource_limits": {"nvidia.com/gpu": "1"},
        "node_affinity_required": [
            {"matchExpressions": [{"key": names.ACCELERATOR, "operator": "In", "values": ["t4"]}]}
        ],
    }
    assert plain["display_name"] == "CPU only"
    assert plain["kubespawner_override"] == {}


def test_the_settings_of_the_hub_say_who_may_log_in(deploy: Deploy, site: Site) -> None:
    read = settings(notebooks(deploy, site))
    assert read["url"] == "https://hub.example:8443"
    assert read["database"] == {"host": "192.0.2.5", "name": "hub"}
    assert read["issuer"]["allowedGroups"] == ["people"]
    assert read["issuer"]["ca"] == "/etc/jupyterhub/issuer.pem"


def test_the_hub_gets_the_settings_that_its_tests_use(deploy: Deploy, site: Site) -> None:
    file = images.SERVICES / "notebooks" / "hub" / "tests" / "settings.json"
    assert keys(settings(notebooks(deploy, site))) == keys(json.loads(file.read_text()))


def keys(value: object) -> object:
    """The keys of nested objects, without their values."""
    return {k: keys(v) for k, v in value.items()} if isinstance(value, dict) else None


def test_sessions_mount_the_claim_of_the_homes(deploy: Deploy, site: Site) -> None:
    assert settings(notebooks(deploy, site))["home"] == {
        "claim": "homes",
        "folder": "{username}",
        "service": "http://homes.platform:8080",
        "path": "/home/person",
    }


def test_the_namespace_of_sessions_has_their_priority_and_is_not_queued(
    deploy: Deploy, site: Site
) -> None:
    labels = notebooks(deploy, site).of("Namespace")["sessions"].inputs["metadata"]["labels"]
    assert labels == {
        names.PRIORITY: "interactive",
        "pod-security.kubernetes.io/enforce": "restricted",
    }


def test_the_hub_may_manage_pods_of_sessions_and_no_more(deploy: Deploy, site: Site) -> None:
    plan = notebooks(deploy, site)
    (role,) = plan.of("Role").values()
    assert role.inputs["metadata"]["namespace"] == "sessions"
    assert {r for rule in role.inputs["rules"] for r in rule["resources"]} == {"pods", "events"}
    assert not plan.of("ClusterRole")


def ingress_of(plan: Plan, policy: str) -> list[tuple[set[str], set[int]]]:
    """The rules for ingress of a policy: app labels, or namespaces for all pods, and ports."""
    return [
        (
            {
                peer["podSelector"]["matchLabels"].get("app")
                or peer["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"]
                for peer in rule["from"]
            },
            {port["port"] for port in rule["ports"]},
        )
        for rule in plan.of("NetworkPolicy")[policy].inputs["spec"]["ingress"]
    ]


def test_only_hub_and_proxy_connect_to_sessions_which_reach_little_inside(
    deploy: Deploy, site: Site
) -> None:
    plan = notebooks(deploy, site)
    spec = plan.of("NetworkPolicy")["sessions-sessions"].inputs["spec"]
    assert spec["policyTypes"] == ["Ingress", "Egress"]
    assert ingress_of(plan, "sessions-sessions") == [({"hub", "proxy"}, {8888})]
    inside = [
        (peer["podSelector"]["matchLabels"]["app"], rule["ports"][0]["port"])
        for rule in spec["egress"][1:-1]
        for peer in rule["to"]
    ]
    assert inside == [("hub", 8081), ("traefik", 8443)]
    world = spec["egress"][-1]["to"][0]["ipBlock"]
    assert world["cidr"] == "0.0.0.0/0"
    assert set(world["except"]) == {
        "169.254.0.0/16",
        "10.77.1.0/24",
        "10.93.0.0/16",
        "10.94.0.0/16",
    }


def test_the_platform_denies_by_default_and_opens_hub_and_proxy_to_their_clients(
    deploy: Deploy, site: Site
) -> None:
    plan = notebooks(deploy, site)
    default = plan.of("NetworkPolicy")["platform-default"].inputs["spec"]
    assert (default["podSelector"], default["ingress"]) == ({"matchLabels": {}}, [])
    assert ingress_of(plan, "platform-hub") == [({"proxy", "sessions"}, {8081})]
    assert ingress_of(plan, "platform-proxy") == [({"traefik"}, {8000}), ({"hub"}, {8001})]


def test_a_file_that_does_not_exist_is_reported_in_one_sentence(
    deploy: Deploy, site: Site
) -> None:
    assert site.identity
    site.identity.client_secret_file.unlink()
    with pytest.raises(ForegroundError, match=r"identity\.clientSecretFile cannot be read"):
        notebooks(deploy, site)


def test_the_hub_mounts_no_homes(deploy: Deploy, site: Site) -> None:
    pod = notebooks(deploy, site).of("Deployment")["hub"].inputs["spec"]["template"]["spec"]
    assert [volume["name"] for volume in pod["volumes"]] == ["config", "secrets"]
    assert not [volume for volume in pod["volumes"] if "persistentVolumeClaim" in volume]


def test_the_routes_of_the_url_lead_to_the_proxy(deploy: Deploy, site: Site) -> None:
    found: list[Any] = []

    def program(target: Target) -> None:
        database = Database("192.0.2.5", "hub", Secret("database").value)
        component = Notebooks("notebooks", site, database, (), target)
        found.extend([component.routes, component.urls])

    plan = deploy(program)
    ((route,), urls) = found
    assert route.host == "hub.example"
    (name, port) = route.service.removeprefix("http://").split(":")
    service = plan.of("Service")["proxy"].inputs
    assert name == f"{service['metadata']['name']}.{service['metadata']['namespace']}"
    assert int(port) in {each["port"] for each in service["spec"]["ports"]}
    assert urls == {"notebooks": "https://hub.example:8443"}
