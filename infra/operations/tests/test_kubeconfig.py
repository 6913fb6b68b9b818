"""The kubeconfig for people outside, made from kubeadm's."""

from __future__ import annotations

import yaml

from infra.operations.kubeconfig import for_people

KUBEADM = """
clusters:
- cluster: {certificate-authority-data: QQ==, server: "https://10.0.0.11:6443"}
  name: foreground
users: [{name: admin, user: {client-key-data: QQ==}}]
"""


def cluster(text: str) -> dict[str, str]:
    found: dict[str, str] = yaml.safe_load(text)["clusters"][0]["cluster"]
    return found


def test_it_has_the_public_address_and_checks_an_inside_name() -> None:
    found = cluster(for_people(KUBEADM, "203.0.113.7"))
    assert found["server"] == "https://203.0.113.7:6443"
    assert found["tls-server-name"] == "kubernetes.default.svc"


def test_without_a_public_address_the_inside_address_stays() -> None:
    assert cluster(for_people(KUBEADM, ""))["server"] == "https://10.0.0.11:6443"


def test_everything_else_stays_as_kubeadm_wrote_it() -> None:
    before, after = yaml.safe_load(KUBEADM), yaml.safe_load(for_people(KUBEADM, "203.0.113.7"))
    assert after["users"] == before["users"]
    assert cluster(for_people(KUBEADM, ""))["certificate-authority-data"] == "QQ=="
