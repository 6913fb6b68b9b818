"""The overlay as a whole: behind its sections, and in the program's order."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml

from infra.outputs import Outputs
from infra.testing import Plan, plan
from stacks.__main__ import program

SITES = Path(__file__).resolve().parents[1] / "sites"
FILES = ("client-secret", "certificate.pem", "key.pem", "id.pub")


@pytest.fixture
def said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The site `local` with everything that can be said of the overlay, by section."""
    for name in FILES:
        (tmp_path / name).write_text(f"{name} of somebody\n")
    (tmp_path / "clouds.yaml").write_text(yaml.safe_dump({"clouds": {"local": {}}}))
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(tmp_path / "clouds.yaml"))
    config = yaml.safe_load((SITES / "Pulumi.local.yaml").read_text())["config"]
    sections = {key.removeprefix("foreground:"): value for key, value in config.items()}
    sections["access"]["keyFile"] = str(tmp_path / "id")
    return sections | {
        "accelerators": {"image": "mirror.example:5000/plugin:v1"},
        "identity": {
            "issuer": "https://iam.example/",
            "clientId": "hub",
            "clientSecretFile": str(tmp_path / "client-secret"),
            "allowedGroups": ["people"],
        },
        "ingress": {
            "host": "hub.example",
            "port": 8443,
            "certificateFile": str(tmp_path / "certificate.pem"),
            "keyFile": str(tmp_path / "key.pem"),
        },
        "notebooks": {},
        "queueing": {},
        "headroom": {"t4": 1},
    }


OVERLAY = ("accelerators", "identity", "ingress", "notebooks", "queueing", "headroom")


def deployed(said: dict[str, Any], *without: str) -> Plan:
    """What the program asks for, some sections left out."""
    config = {f"foreground:{k}": json.dumps(v) for k, v in said.items() if k not in without}
    return plan(program, stack="local", config=config)


def test_without_its_sections_there_is_no_overlay(said: dict[str, Any]) -> None:
    asked = deployed(said, *OVERLAY)
    assert not [a.type for a in asked.asked if a.type.startswith("kubernetes:")]
    assert not asked.of("Secret")


def test_batch_alone_is_no_notebooks(said: dict[str, Any]) -> None:
    asked = deployed(said, "identity", "ingress", "notebooks", "headroom")
    assert set(asked.of("Namespace")) == {"kueue-system", "batch"}
    assert not asked.of("Deployment")


def test_the_whole_overlay_vanishes_with_the_control_member(said: dict[str, Any]) -> None:
    inside = [a for a in deployed(said).asked if a.type.startswith("kubernetes:")]
    assert len(inside) > 40
    assert {a.deleted_with for a in inside} == {("site:index:Member", "control-0")}


def test_a_new_kubeconfig_replaces_nothing(said: dict[str, Any]) -> None:
    (provider,) = [a for a in deployed(said).asked if a.type == "pulumi:providers:kubernetes"]
    assert provider.inputs["clusterIdentifier"] == "control-0-id"


def test_nothing_is_put_on_a_cluster_whose_pods_do_not_reach_one_another(
    said: dict[str, Any],
) -> None:
    asked = deployed(said)
    (provider,) = [a for a in asked.asked if a.type == "pulumi:providers:kubernetes"]
    pairs = {("site:index:AddressPairs", name) for name in ("control-0", "t4-0", "t4-1")}
    assert pairs <= provider.needs


def test_the_hub_waits_for_its_database(said: dict[str, Any]) -> None:
    asked = deployed(said)
    member = asked.of("Member")["storage-0"]
    assert "database_password" in json.dumps(member.inputs, default=str)
    assert ("site:index:Member", "storage-0") in asked.of("Deployment")["hub"].needs
    others = [m for name, m in asked.of("Member").items() if name != "storage-0"]
    assert "value-of-database" not in json.dumps([m.inputs for m in others], default=str)


def test_sessions_get_a_new_image_only_when_every_worker_has_it(said: dict[str, Any]) -> None:
    asked = deployed(said)
    pulled = [asked.of("Member")[name].inputs["variables"] for name in ("t4-0", "t4-1")]
    (image,) = {image for told in pulled for image in told["runtime_images"]}
    settings = asked.of("ConfigMap")["hub-config"].inputs["data"]["settings.json"]
    assert image in settings
    for kind, name in (("ConfigMap", "hub-config"), ("Deployment", "hub")):
        needs = asked.of(kind)[name].needs
        assert {("site:index:Member", "t4-0"), ("site:index:Member", "t4-1")} <= needs


def test_the_url_is_open_and_said(said: dict[str, Any]) -> None:
    asked = deployed(said)
    assert asked.of("SecGroupRule")["ingress"].inputs["portRangeMin"] == 8443
    outputs = Outputs.model_validate(asked.outputs)
    assert (outputs.url, outputs.issuer) == ("https://hub.example:8443", "https://iam.example")


@pytest.mark.parametrize(
    ("without", "sentence"),
    [
        ("identity", "notebooks: needs identity as well"),
        ("queueing", "headroom: needs queueing as well"),
        ("notebooks", "headroom: needs notebooks as well"),
    ],
)
def test_what_a_capability_stands_on_is_told_in_one_sentence(
    said: dict[str, Any], without: str, sentence: str
) -> None:
    with pytest.raises(pulumi.RunError, match=sentence):
        deployed(said, without)


def test_headroom_of_a_model_that_no_machine_has_is_refused(said: dict[str, Any]) -> None:
    said["headroom"] = {"a30": 1}
    with pytest.raises(pulumi.RunError, match="headroom: no machine has a a30"):
        deployed(said)
