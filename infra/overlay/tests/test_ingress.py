from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml
from pulumi.runtime.rpc import is_rpc_secret

from infra.overlay.base.routes import Route
from infra.overlay.ingress.cluster_dns import ClusterDns
from infra.overlay.ingress.ingress import Ingress

if TYPE_CHECKING:
    from collections.abc import Callable

    from infra.overlay.base.target import Target
    from infra.site import Site
    from infra.testing import Plan

    Deploy = Callable[[Callable[[Target], Any]], Plan]


def ingress(deploy: Deploy, site: Site) -> Plan:
    """All that the components declare."""

    def program(target: Target) -> None:
        settings = site.ingress
        assert settings
        routes = [Route("hub.example", "http://hub"), Route("other.example", "http://other")]
        Ingress("ingress", site, settings, routes, target)
        hosts = {settings.host: "10.94.0.9", "iam.example": "192.0.2.7"}
        ClusterDns("resolving", hosts, target)

    return deploy(program)


def test_the_key_of_the_certificate_is_secret(deploy: Deploy, site: Site) -> None:
    data = ingress(deploy, site).of("Secret")["ingress-certificate"].inputs["stringData"]
    assert is_rpc_secret(data) or is_rpc_secret(data["tls.key"])


def test_traefik_is_on_the_control_machine_at_the_port_of_the_url(
    deploy: Deploy, site: Site
) -> None:
    plan = ingress(deploy, site)
    pod = plan.of("Deployment")["ingress"].inputs["spec"]["template"]["spec"]
    assert pod["nodeSelector"] == {"node-role.kubernetes.io/control-plane": ""}
    assert pod["containers"][0]["ports"] == [{"containerPort": 8443, "hostPort": 8443}]
    assert pod["priorityClassName"] == "platform"


def test_each_route_leads_from_its_host_to_its_service(deploy: Deploy, site: Site) -> None:
    data = ingress(deploy, site).of("ConfigMap")["ingress-routes"].inputs["data"]
    http = yaml.safe_load(data["routes.yaml"])["http"]
    found = {
        router["rule"]: http["services"][router["service"]]["loadBalancer"]["servers"]
        for router in http["routers"].values()
    }
    assert found == {
        "Host(`hub.example`)": [{"url": "http://hub"}],
        "Host(`other.example`)": [{"url": "http://other"}],
    }


def test_pods_find_public_names_at_inside_addresses(deploy: Deploy, site: Site) -> None:
    (patch,) = ingress(deploy, site).of("ConfigMapPatch").values()
    corefile = patch.inputs["data"]["Corefile"]
    assert "10.94.0.9 hub.example\n" in corefile
    assert "192.0.2.7 iam.example\n" in corefile
    assert "forward . /etc/resolv.conf" in corefile
