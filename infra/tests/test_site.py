"""Site files: which are accepted, and the sentences for those that are not."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest

from infra.errors import ForegroundError
from infra.site import read, read_config, read_file
from infra.site.section import Section

if TYPE_CHECKING:
    from pydantic import BaseModel

GOOD: dict[str, Any] = {
    "cloud": {"entry": "cloud", "externalNetwork": "public"},
    "network": {"cidr": "10.77.0.0/24"},
    "access": {"user": "debian", "keyFile": "/keys/id"},
    "machines": {
        "control": {"role": "control", "count": 1, "flavor": "m1", "image": "debian-12"},
        "a": {"role": "worker", "count": 2, "flavor": "m1", "image": "debian-12"},
        "disk": {"role": "storage", "count": 1, "flavor": "m1", "image": "debian-12"},
    },
    "storage": {"size": 5},
    "mirrors": {"registry": "https://registry.example:5000"},
}


def changed(path: str, value: object) -> dict[str, Any]:
    """Return the valid site with one key set, or removed if the value is None."""
    given = copy.deepcopy(GOOD)
    *sections, key = path.split(".")
    here = given
    for section in sections:
        here = here.setdefault(section, {})
    if value is None:
        del here[key]
    else:
        here[key] = value
    return given


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        ("clud", {}, "clud: no such key; did you mean 'cloud'?"),
        ("network.dnsServer", [], "network.dnsServer: no such key; did you mean 'dnsServers'?"),
        ("machines.a.publicAdress", 1, "machines.a.publicAdress: no such key; did you mean 'publ"),
        (
            "access.jumpHost",
            {"host": "h"},
            "access.jumpHost.user: is missing; SSH user on the jump host",
        ),
        ("cloud", None, "cloud: is missing; OpenStack cloud of the site"),
        ("machines.a.count", -1, "machines.a.count: must be at least 0, not '-1'"),
        ("machines.a.count", "many", "machines.a.count: must be a whole number, not 'many'"),
        (
            "machines.a.role",
            "gpu",
            "machines.a.role: must be 'control', 'worker' or 'storage', no",
        ),
        ("machines.a", 3, "machines.a: must be a section with keys of its own, not '3'"),
        ("machines.a.taints", ["x"], "machines.a.taints.0: must be of the form"),
        ("machines.A", GOOD["machines"]["a"], "machines.A: a name has lower-case letters"),
        ("machines.a.accelerator", {"model": "t5"}, "machines.a.accelerator: knows no model 't5'"),
        ("network.cidr", "10.0.0.1/24", "network.cidr: must be a range of addresses such as 10.0"),
        (
            "network.cidr",
            "10.93.4.0/24",
            "kubernetes.podCidr: 10.93.0.0/16 must lie outside netwo",
        ),
        ("mirrors.apt", "ftp://x", "mirrors.apt: must be of the form ^https?://"),
        ("machines.control.count", 2, "machines: needs one machine of role control, not 2"),
        (
            "machines.disk",
            None,
            "machines: needs 1 of role storage, not 0, because there is a sto",
        ),
        ("mirrors", None, "mirrors.registry: must be the URL of a registry that has the images o"),
        (
            "machines.a.accelerator",
            {"model": "u50"},
            "machines.a.accelerator.model: must be one of",
        ),
        (
            "machines.disk.accelerator",
            {"model": "t4"},
            "machines.disk.accelerator: must be left o",
        ),
        (
            "queueing",
            {},
            "machines.control.publicAddress: must be true, not false, because the sec",
        ),
        ("storage", None, "machines: needs 0 of role storage, not 1, because there is no storage"),
    ],
)
def test_one_fault_is_one_sentence_with_its_key(path: str, value: object, sentence: str) -> None:
    with pytest.raises(ForegroundError) as refused:
        read("here", changed(path, value))

    assert refused.value.problem.startswith(f"stacks/sites/Pulumi.here.yaml: {sentence}")
    assert refused.value.hint == "Edit it and type `pulumi up -s here`"


def with_sessions(taint: str) -> dict[str, Any]:
    """Return the site `ci` with a taint on its workers."""
    given = read_file("ci").model_dump(by_alias=True, exclude_none=True, mode="json")
    given["machines"]["t4"]["taints"] = [taint]
    return given


def test_taints_that_keep_sessions_off_accelerators_are_refused() -> None:
    with pytest.raises(ForegroundError, match=r"machines\.t4\.taints: .* not 'a=b:NoSchedule'"):
        read("ci", with_sessions("a=b:NoSchedule"))
    assert read("ci", with_sessions("a=b:PreferNoSchedule"))


def test_taints_are_accepted_on_a_site_without_notebooks() -> None:
    given = with_sessions("a=b:NoSchedule")
    for section in ("notebooks", "headroom"):
        del given[section]
    assert read("ci", given)


def test_all_faults_are_reported_at_once() -> None:
    with pytest.raises(ForegroundError) as refused:
        read("here", changed("machines.a", {"rol": "worker", "count": 1, "flavor": "m1"}))

    assert refused.value.problem == "stacks/sites/Pulumi.here.yaml has 3 faults"
    assert refused.value.details == (
        "machines.a.role: is missing; role of the machines",
        "machines.a.image: is missing; name of the OpenStack image, a Debian 12",
        "machines.a.rol: no such key; did you mean 'role'?",
    )


def test_faults_across_sections_are_reported_together_with_faults_in_one_section() -> None:
    given = changed("network.cidr", "10.93.4.0/24")
    given["machines"]["control"]["count"] = 2
    del given["mirrors"]
    given["leave"] = {"patience": "long"}
    with pytest.raises(ForegroundError) as refused:
        read("here", given)

    assert refused.value.details == (
        "leave.patience: must be a whole number, not 'long'",
        "machines: needs one machine of role control, not 2",
        "kubernetes.podCidr: 10.93.0.0/16 must lie outside network.cidr, 10.93.4.0/24",
        (
            "mirrors.registry: must be the URL of a registry that has the images of services/, "
            "not left out, because every node needs podnet and no public registry has it"
        ),
    )


def test_an_invalid_section_causes_no_faults_across_sections() -> None:
    given = changed("storage", {"size": "large"})
    with pytest.raises(ForegroundError) as refused:
        read("here", given)
    assert refused.value.problem.endswith("storage.size: must be a whole number, not 'large'")


def test_headroom_is_also_read_in_the_form_of_older_site_files() -> None:
    given = read_file("ci").model_dump(by_alias=True, exclude_none=True, mode="json")
    assert read("ci", {**given, "headroom": {"t4": 1}}) == read(
        "ci", {**given, "headroom": {"models": {"t4": 1}}}
    )


def test_a_name_in_the_site_file_is_refused() -> None:
    with pytest.raises(ForegroundError, match="name: no such key"):
        read("here", {**GOOD, "name": "there"})


@pytest.mark.parametrize("typed", ["names", "x"])
def test_the_name_is_not_suggested_as_a_key(typed: str) -> None:
    with pytest.raises(ForegroundError, match=f"{typed}: no such key; there is ") as refused:
        read("here", {**GOOD, typed: "there"})
    suggested = refused.value.problem.partition("there is ")[2].split(", ")
    assert "maxUnavailable" in suggested
    assert "name" not in suggested


def test_sections_are_read_as_json_from_pulumi() -> None:
    config = {f"foreground:{key}": json.dumps(value) for key, value in GOOD.items()}

    site = read_config("here", {**config, "foreground:maxUnavailable": "3", "other:key": "x"})

    assert (site.name, site.max_unavailable) == ("here", 3)


def test_machines_are_in_order_of_dependency() -> None:
    wanted = [machine.name for machine in read("here", GOOD).wanted_machines]
    assert wanted == ["control-0", "disk-0", "a-0", "a-1"]


def test_a_relative_path_starts_in_the_repository() -> None:
    site = read("here", changed("access.keyFile", "keys/id"))
    assert site.access.key_file.is_absolute()
    assert site.access.key_file.parent.parent.joinpath("Pulumi.yaml").is_file()


def sections(model: type[BaseModel]) -> list[type[BaseModel]]:
    """Return all classes of sections."""
    return [model, *(found for sub in model.__subclasses__() for found in sections(sub))]


@pytest.mark.parametrize("section", sections(Section))
def test_every_key_has_a_description(section: type[BaseModel]) -> None:
    silent = [name for name, field in section.model_fields.items() if not field.description]
    assert silent == []


@pytest.mark.parametrize("name", ["local", "ci"])
def test_the_site_files_of_the_repository_are_valid(name: str) -> None:
    site = read_file(name)

    roles = [machine.role for machine in site.wanted_machines]
    assert roles == ["control", "storage", "worker", "worker"]
    assert site.storage is not None
    assert site.storage.protect


def test_an_unknown_site_is_refused_with_a_suggestion() -> None:
    with pytest.raises(ForegroundError, match="There is no site lokal: did you mean 'local'"):
        read_file("lokal")
