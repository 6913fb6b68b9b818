"""Volumes: their data outlives every server that they were attached to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from lab.testing.cloud import Cloud

pytestmark = [pytest.mark.lab, pytest.mark.usefixtures("tidy")]


def test_a_volume_carries_its_data_from_one_server_to_another(cloud: Cloud) -> None:
    with cloud.volume("bytes") as volume:
        with cloud.server("writer") as writer:
            device = cloud.attach(writer, volume)
            writer.run(f"sudo mkfs.ext4 -q {device} && sudo mount {device} /mnt")
            writer.run(
                "dd if=/dev/urandom bs=1M count=32 2>/dev/null | sudo tee /mnt/x >/dev/null"
            )
            written = writer.run("sha256sum /mnt/x")
            writer.run("sudo umount /mnt")
            cloud.detach(writer, volume)
            assert writer.run(f"test -e {device} || echo gone") == "gone"
        with cloud.server("reader") as reader:
            device = cloud.attach(reader, volume)
            reader.run(f"sudo mount {device} /mnt")
            assert reader.run("sha256sum /mnt/x") == written
            reader.run("sudo umount /mnt")
            cloud.detach(reader, volume)


def test_a_volume_is_still_attached_after_a_reboot(cloud: Cloud) -> None:
    with cloud.volume("kept") as volume, cloud.server("rebooted") as server:
        device = cloud.attach(server, volume)
        server.run(f"echo bytes | sudo tee {device} >/dev/null && sync")
        boot = server.boot()
        cloud.api.compute.reboot_server(server.id, "HARD")
        server.booted_after(boot)
        assert server.run(f"sudo head -n 1 {device}") == "bytes"
        cloud.detach(server, volume)
