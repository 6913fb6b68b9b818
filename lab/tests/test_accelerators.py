"""Accelerator flavors: a server has the device files of its own cards and no other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from lab.testing.cloud import Cloud

pytestmark = [pytest.mark.lab, pytest.mark.usefixtures("tidy")]


def test_a_server_with_two_cards_has_two_device_files(cloud: Cloud) -> None:
    with cloud.server("cards", "g2.t4.2") as server:
        assert server.run("ls /dev | grep ^nvidia").split() == ["nvidia0", "nvidia1", "nvidiactl"]


def test_a_server_without_cards_has_no_device_file_and_cannot_open_one_that_it_makes(
    cloud: Cloud,
) -> None:
    with cloud.server("plain") as server:
        assert server.run("ls /dev | grep -c ^nvidia || true") == "0"
        made = "sudo mknod /tmp/card c 195 0 && sudo head -c 1 /tmp/card || echo refused"
        assert server.run(made) == "refused"
