"""A complete site on the lab: it comes up, scales, goes down, and finds its data again.

The tests depend on each other and run in order: each begins in the state that the last one left.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from lab.identity import names
from lab.testing import homes, pods, senders
from lab.testing.nfs import Client
from lab.testing.server import Server
from lab.testing.site import Operator
from lab.testing.verdicts import verdicts

if TYPE_CHECKING:
    from pathlib import Path

    from lab.instance import LabInstance
    from lab.testing.cloud import Cloud

pytestmark = [pytest.mark.lab, pytest.mark.engine]

HOMES = "/srv/foreground/homes"
PERSON = "ada"
CONTENT = bytes(range(256)) * 40_000
DIGEST = hashlib.sha256(CONTENT).hexdigest()
LOAD_TEST_S = 600.0
FIGURES = {"bound", "running", "total", "reply"}
EVICTED_WHEN_FULL = {
    "placeholders_preempted": 2,
    "jobs_suspended": 2,
    "batch_pods_preempted": 0,
    "sessions_ended": 0,
}
"""Evictions in two rounds on a full site with headroom: one placeholder and one job in each."""


@pytest.fixture(scope="module")
def operator(ci: LabInstance, cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Operator:
    assert cloud  # the project is empty
    return Operator.of(ci, tmp_path_factory.mktemp("site"))


def machine(operator: Operator, cloud: Cloud, name: str) -> Server:
    output: dict[str, Any] = operator.outputs()["machines"][name]
    return Server(output["serverId"], name, output["address"], cloud.ssh)


def nfs_client(operator: Operator, name: str) -> Client:
    outputs = operator.outputs()
    export = outputs["storage"]
    return Client(
        operator.instance, outputs["machines"][name]["serverId"], export["server"], export["path"]
    )


def updated(printed: str) -> set[str]:
    """Return the names of the resources that an update changed in place, from its output."""
    rows = (line.split() for line in printed.splitlines())
    return {row[2] for row in rows if len(row) > 3 and (row[0], row[3]) == ("~", "updated")}


def test_one_command_creates_machines_and_a_cluster(operator: Operator) -> None:
    operator.up()
    assert set(operator.ready_nodes()) == {"control-0", "t4-0", "t4-1"}


def test_a_second_up_changes_nothing(operator: Operator) -> None:
    operator.up()
    assert set(operator.changes()) == {"same"}


@pytest.mark.timeout(1800)
def test_the_site_meets_every_requirement(operator: Operator) -> None:
    assert "https://hub." in operator.welcome()
    judged = operator.conformance("site and not long", "--strict-verdicts")
    assert judged.returncode == 0, judged.stdout


def test_the_load_test_measures_both_arms(operator: Operator, tmp_path: Path) -> None:
    measured = operator.type(
        *("pytest", "loadtests", "-m", "site", "--rounds=2", f"--report-dir={tmp_path}"),
        f"--stack={operator.instance.site}",
        f"--people={names.folder(operator.instance) / 'people.yaml'}",
        "--cannot-show=lab/cannot-show.txt",
        seconds=LOAD_TEST_S,
    )
    assert measured.returncode == 0, measured.stdout
    report = yaml.safe_load((tmp_path / "report.yaml").read_text())
    assert (report["verdict"], report["why"]) == ("passed", "")
    free, full = report["arms"]["free"], report["arms"]["full"]
    for arm in (free, full):
        assert arm["rounds"] == 2
        assert set(arm["figures"]) == FIGURES
        assert all(one["n"] == len(one["samples"]) == 2 for one in arm["figures"].values())
    assert set(report["comparison"]) == FIGURES
    for one in report["comparison"].values():
        assert one["pairs"] == 2
        assert one["ratioOfP50"]["low"] <= one["ratioOfP50"]["estimate"]
        assert one["ratioOfP50"]["estimate"] <= one["ratioOfP50"]["high"]
    assert free["gaveWay"] == dict.fromkeys(EVICTED_WHEN_FULL, 0)
    assert full["gaveWay"] == EVICTED_WHEN_FULL
    assert full["jobs"] == {"gaveWay": 2, "requeued": 2, "finished": 2, "lost": 0}
    assert len((tmp_path / "samples.jsonl").read_text().splitlines()) == 4
    assert (tmp_path / "plot.svg").is_file()


def test_a_home_has_the_same_content_over_nfs_and_in_a_session(
    operator: Operator,
) -> None:
    client = nfs_client(operator, "t4-0")
    with homes.visitor(operator, PERSON, "t4-1") as session:
        client.write(f"/{PERSON}/by-nfs", CONTENT)
        assert session.run("sha256sum < by-nfs").split()[0] == DIGEST
        written = session.run("head -c 10M /dev/urandom > by-session; sha256sum < by-session")
    assert hashlib.sha256(client.read(f"/{PERSON}/by-session")).hexdigest() == written.split()[0]


def test_a_session_has_its_home_and_cannot_reach_the_nfs_server(operator: Operator) -> None:
    server = operator.outputs()["storage"]["server"]
    ask = f"import socket; socket.create_connection(('{server}', 2049), 3)"
    with homes.visitor(operator, PERSON, "t4-0") as session:
        assert session.run(f'python -c "{ask}" 2> /dev/null || echo shut') == "shut"
        assert session.run("stat --format=%a.%u .; ls ..") == "700.1000\nperson"


def test_pods_reach_each_other_by_name_on_all_nodes(operator: Operator) -> None:
    with pods.spread(operator) as namespace:
        assert pods.reaches_service(operator, namespace, "friend")


def test_a_machine_can_send_from_the_addresses_of_its_own_pods_only(
    operator: Operator, cloud: Cloud
) -> None:
    ranges = operator.pod_ranges()
    for name, range_ in ranges.items():
        (port,) = cloud.api.network.ports(name=name)
        assert [pair["ip_address"] for pair in port.allowed_address_pairs] == [str(range_)]
    source, target = (machine(operator, cloud, name) for name in ("t4-0", "t4-1"))
    own, others = (str(ranges[name][-2]) for name in ("t4-0", "control-0"))
    bridge = str(ranges["t4-1"][1])
    assert senders.arriving(source, target, bridge, others, own) == {own}


def test_a_network_policy_is_enforced(operator: Operator) -> None:
    with pods.spread(operator) as namespace:
        pods.deny_all_but_friends(operator, namespace)
        assert pods.reaches_service(operator, namespace, "friend")
        assert not pods.reaches_service(operator, namespace, "stranger")


def test_a_third_worker_changes_no_other_machine(operator: Operator) -> None:
    before = operator.ready_nodes()
    operator.workers(3)
    printed = operator.up()
    assert set(operator.changes()) == {"create", "same", "update"}
    assert updated(printed) == {"clusterqueue-batch"}  # its quota: there are two accelerators more
    after = operator.ready_nodes()
    assert before.items() <= after.items()
    assert set(after) - set(before) == {"t4-2"}


def test_a_worker_leaves_before_its_server_is_deleted(operator: Operator) -> None:
    operator.workers(2)
    printed = operator.up().splitlines()
    order = [
        number
        for kind in ("site:index:Member", "openstack:compute:Instance")
        for number, line in enumerate(printed)
        if kind in line and "t4-2" in line and "deleted" in line
    ]
    assert order == sorted(order)
    assert len(order) == 2
    assert set(operator.ready_nodes()) == {"control-0", "t4-0", "t4-1"}


def test_a_wrong_key_in_the_site_file_is_an_error_of_one_sentence(operator: Operator) -> None:
    operator.pulumi("config", "set", "--path", "foreground:machines.t4.flavour", "g2.t4.2")
    refused = operator.refused("up", "--yes", "--skip-preview")
    output = refused.stdout + refused.stderr
    operator.pulumi("config", "rm", "--path", "foreground:machines.t4.flavour")
    assert refused.returncode != 0
    assert "flavour" in output
    assert "Traceback" not in output
    assert len(operator.ready_nodes()) == 3


def test_a_preview_refuses_to_replace_the_only_control_machine(
    operator: Operator,
) -> None:
    key = ("--path", "foreground:machines.control.flavor")
    before = operator.pulumi("config", "get", *key).strip()
    operator.pulumi("config", "set", *key, "c2.small")
    refused = operator.refused("preview")
    output = refused.stdout + refused.stderr
    operator.pulumi("config", "set", *key, before)
    assert refused.returncode != 0
    assert "control-0 would be replaced" in output
    assert "Traceback" not in output


def test_the_homes_are_exported_from_the_protected_volume(
    operator: Operator, cloud: Cloud
) -> None:
    storage = machine(operator, cloud, "storage-0")
    assert storage.run(f"findmnt --noheadings --output=TARGET --target={HOMES}") == (
        "/srv/foreground"
    )
    storage.run(f"echo written before | sudo tee {HOMES}/kept && sync")


def test_down_leaves_only_the_volume(operator: Operator, cloud: Cloud) -> None:
    operator.pulumi("destroy", "--exclude-protected", "--yes", "--skip-preview")
    mine = {"project_id": cloud.api.current_project_id}
    assert [server.name for server in cloud.api.compute.servers()] == []
    assert [port.name for port in cloud.api.network.ports(**mine)] == []
    assert [address.id for address in cloud.api.network.ips(**mine)] == []
    assert len(list(cloud.api.block_storage.volumes())) == 1


def test_another_up_attaches_the_volume_with_its_content(operator: Operator, cloud: Cloud) -> None:
    operator.up()
    storage = machine(operator, cloud, "storage-0")
    assert storage.run(f"cat {HOMES}/kept") == "written before"
    assert len(operator.ready_nodes()) == 3


def test_people_log_in_again_and_find_their_homes(operator: Operator) -> None:
    operator.welcome()
    with homes.visitor(operator, PERSON, "t4-0") as session:
        assert session.run("sha256sum < by-nfs").split()[0] == DIGEST
    judged = operator.conformance("site and not long", "-k", "int_01", "--rounds=1")
    assert judged.returncode == 0, judged.stdout
    assert verdicts(judged.stdout)["INT-01"] == "part"


def test_the_exported_state_holds_no_secret_in_plain_text(operator: Operator) -> None:
    state = json.dumps(json.loads(operator.pulumi("stack", "export")))
    client = (names.folder(operator.instance) / "secret-hub").read_text().strip()
    assert "client-key-data" not in state
    assert not re.search("-----BEGIN [A-Z ]*PRIVATE KEY", state)
    assert client not in state
