"""Servers: boot, reboot, power off and deletion, as the project's user sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from infra.errors import ForegroundError
from lab import cgroups
from lab.daemon import Daemon
from lab.network import namespaces
from lab.waiting import until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lab.instance import LabInstance
    from lab.testing.cloud import Cloud
    from lab.testing.server import Server

pytestmark = [pytest.mark.lab, pytest.mark.usefixtures("tidy")]


@pytest.fixture(scope="module")
def server(cloud: Cloud) -> Iterator[Server]:
    with cloud.server("one") as server:
        yield server


def test_a_server_boots_with_the_processors_and_memory_of_its_flavor(server: Server) -> None:
    assert server.run("hostname") == "one"
    assert server.run("nproc") == "1"
    assert int(server.run("free -m | awk '/^Mem/ {print $2}'")) == 1024
    assert server.run("sudo whoami") == "root"


def test_a_server_resolves_the_name_of_the_mirror(server: Server, ci: LabInstance) -> None:
    found = server.run("getent hosts mirror.foreground.internal")
    assert found.split()[0] == str(ci.inside)


def test_the_jump_host_forwards_to_port_22_only(server: Server, cloud: Cloud) -> None:
    assert cloud.ssh.run("jump", "jump", "id").returncode != 0
    forwarded = cloud.ssh.run(f"jump -W {server.address}:5355", "jump", "")
    assert forwarded.returncode != 0


def test_a_server_that_reboots_itself_comes_back(server: Server) -> None:
    reboot_from_inside(server)


@pytest.mark.parametrize("how", ["SOFT", "HARD"])
def test_a_server_that_nova_reboots_comes_back(server: Server, cloud: Cloud, how: str) -> None:
    server.run(f"echo {how} > kept && sync")
    boot = server.boot()
    cloud.api.compute.reboot_server(server.id, how)
    server.booted_after(boot)
    assert server.run("cat kept") == how
    until(lambda: cloud.status(server) == "ACTIVE", "the server is active", 30.0)


def test_a_restart_of_nova_does_not_affect_running_servers(
    server: Server, cloud: Cloud, ci: LabInstance, typed: Callable[[str], None]
) -> None:
    boot = server.boot()
    Daemon(ci, "nova").stop()
    assert server.boot() == boot
    reboot_from_inside(server)
    typed("up")  # starts the service that was stopped
    assert cloud.status(server) == "ACTIVE"
    reboot_from_inside(server)


def test_nova_reports_a_server_that_powered_itself_off_and_can_start_it_again(
    server: Server, cloud: Cloud
) -> None:
    server.ssh.run(f"debian@{server.address}", server.id, "sudo poweroff")
    until(lambda: cloud.status(server) == "SHUTOFF", "Nova reports SHUTOFF", 60.0)
    cloud.api.compute.start_server(server.id)
    server.wait()


def test_nothing_is_left_of_a_deleted_server(cloud: Cloud, ci: LabInstance) -> None:
    earlier = namespaces(ci)
    server = cloud.create("brief")
    server.wait()
    folder = ci.state / "cloud" / "nova" / "machines" / server.id
    group = f"{ci.cgroup}/machine-{server.id[:8]}"
    assert folder.is_dir()
    assert cgroups.exists(group)
    cloud.delete(server)
    assert not folder.exists()
    assert not cgroups.exists(group)
    assert namespaces(ci) == earlier
    with pytest.raises(ForegroundError):
        server.wait(1.0)


def reboot_from_inside(server: Server) -> None:
    server.run("echo typed > kept && sync")
    boot = server.boot()
    server.ssh.run(f"debian@{server.address}", server.id, "sudo reboot")
    server.booted_after(boot)
    assert server.run("cat kept") == "typed"
