"""Servers of a lab's cloud, from their boot to their end, as their user meets them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from infra.errors import ForegroundError
from lab import cgroups
from lab.daemon import Daemon
from lab.network import left
from lab.waiting import until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lab.instance import Instance
    from lab.testing.cloud import Cloud
    from lab.testing.server import Server

pytestmark = [pytest.mark.lab, pytest.mark.usefixtures("tidy")]


@pytest.fixture(scope="module")
def server(cloud: Cloud) -> Iterator[Server]:
    with cloud.server("one") as server:
        yield server


def test_a_server_boots_with_what_its_flavor_says(server: Server) -> None:
    assert server.run("hostname") == "one"
    assert server.run("nproc") == "1"
    assert int(server.run("free -m | awk '/^Mem/ {print $2}'")) == 1024
    assert server.run("sudo whoami") == "root"


def test_it_finds_the_mirror_by_name(server: Server, ci: Instance) -> None:
    found = server.run("getent hosts mirror.foreground.internal")
    assert found.split()[0] == str(ci.inside)


def test_the_jump_host_lets_through_to_ssh_only(server: Server, cloud: Cloud) -> None:
    assert cloud.ssh.run("jump", "jump", "id").returncode != 0
    forwarded = cloud.ssh.run(f"jump -W {server.address}:5355", "jump", "")
    assert forwarded.returncode != 0


def test_a_reboot_typed_in_it_comes_back(server: Server) -> None:
    reboot_from_inside(server)


@pytest.mark.parametrize("how", ["SOFT", "HARD"])
def test_a_reboot_by_nova_comes_back(server: Server, cloud: Cloud, how: str) -> None:
    server.run(f"echo {how} > kept && sync")
    boot = server.boot()
    cloud.api.compute.reboot_server(server.id, how)
    server.booted_after(boot)
    assert server.run("cat kept") == how
    until(lambda: cloud.status(server) == "ACTIVE", "the server is active", 30.0)


def test_a_restart_of_nova_is_none_of_a_machines(
    server: Server, cloud: Cloud, ci: Instance, typed: Callable[[str], None]
) -> None:
    boot = server.boot()
    Daemon(ci, "nova").stop()
    assert server.boot() == boot
    reboot_from_inside(server)
    typed("up")  # starts what has ended
    assert cloud.status(server) == "ACTIVE"
    reboot_from_inside(server)


def test_a_server_powered_off_from_inside_is_off_for_nova_and_starts_again(
    server: Server, cloud: Cloud
) -> None:
    server.ssh.run(f"debian@{server.address}", server.id, "sudo poweroff")
    until(lambda: cloud.status(server) == "SHUTOFF", "Nova says that it is off", 60.0)
    cloud.api.compute.start_server(server.id)
    server.wait()


def test_nothing_is_left_of_a_deleted_server(cloud: Cloud, ci: Instance) -> None:
    namespaces = left(ci)
    server = cloud.create("brief")
    server.wait()
    folder = ci.state / "cloud" / "nova" / "machines" / server.id
    group = f"{ci.cgroup}/machine-{server.id[:8]}"
    assert folder.is_dir()
    assert cgroups.exists(group)
    cloud.delete(server)
    assert not folder.exists()
    assert not cgroups.exists(group)
    assert left(ci) == namespaces
    with pytest.raises(ForegroundError):
        server.wait(1.0)


def reboot_from_inside(server: Server) -> None:
    server.run("echo typed > kept && sync")
    boot = server.boot()
    server.ssh.run(f"debian@{server.address}", server.id, "sudo reboot")
    server.booted_after(boot)
    assert server.run("cat kept") == "typed"
