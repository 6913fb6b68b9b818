from __future__ import annotations

import json
import os
import stat
from typing import TYPE_CHECKING, Any

from labcloud.nova import first_boot

if TYPE_CHECKING:
    from pathlib import Path

UUID = "86ab9ee8-014b-4ec7-96c8-6e4de80b83e5"


def _vif(address: str, *servers: str) -> dict[str, Any]:
    subnet = {"ips": [{"address": address}], "dns": [{"address": server} for server in servers]}
    return {"network": {"subnets": [subnet]}}


def _write(upper: Path, key: str | None = "ssh-ed25519 AAAA me", user_data: bytes = b"") -> None:
    vifs = [_vif("10.0.0.5", "10.91.0.1"), _vif("10.0.1.5", "10.91.0.1", "9.9.9.9")]
    first_boot.write(upper, uuid=UUID, hostname="worker", key=key, user_data=user_data, vifs=vifs)


def test_the_seed_has_the_host_name_the_key_and_the_user_data(tmp_path: Path) -> None:
    _write(tmp_path, user_data=b"#!/bin/sh\n")

    seed = tmp_path / first_boot.SEED
    meta_data = json.loads((seed / "meta-data").read_text())
    assert meta_data == {
        "instance-id": UUID,
        "local-hostname": "worker",
        "public-keys": ["ssh-ed25519 AAAA me"],
    }
    assert (seed / "user-data").read_bytes() == b"#!/bin/sh\n"
    assert stat.S_IMODE((seed / "user-data").stat().st_mode) == 0o600


def test_the_seed_of_a_server_without_a_key_has_no_key(tmp_path: Path) -> None:
    _write(tmp_path, key=None)

    meta_data = json.loads((tmp_path / first_boot.SEED / "meta-data").read_text())
    assert "public-keys" not in meta_data


def test_the_hosts_file_maps_the_host_name_to_the_fixed_address(tmp_path: Path) -> None:
    _write(tmp_path)

    assert "10.0.0.5 worker\n" in (tmp_path / "etc/hosts").read_text()
    assert (tmp_path / "etc/machine-id").read_text().strip() == UUID.replace("-", "")


def test_each_dns_server_is_listed_once_in_the_order_of_the_ports(tmp_path: Path) -> None:
    _write(tmp_path)

    resolver = (tmp_path / "etc/resolv.conf").read_text()
    assert resolver == "nameserver 10.91.0.1\nnameserver 9.9.9.9\n"


def test_files_in_etc_are_readable_whatever_the_umask_of_nova_is(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        _write(tmp_path)
    finally:
        os.umask(before)

    assert stat.S_IMODE((tmp_path / "etc").stat().st_mode) == 0o755
    assert stat.S_IMODE((tmp_path / "etc/hosts").stat().st_mode) == 0o644
