"""Layers and manifests: the same content always gives the same bytes."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import subprocess
import tarfile
from typing import TYPE_CHECKING

from lab.mirror.images import Image, digest
from lab.mirror.layers import File, Folder, Layer, Link, Text, layer

if TYPE_CHECKING:
    from pathlib import Path


def a_layer(program: Path) -> Layer:
    return layer(
        [
            Text("etc/motd", "good morning\n"),
            File("usr/local/bin/program", program),
            Link("usr/bin/sh", "/bin/busybox"),
            Folder("tmp", 0o1777),
        ]
    )


def unpacked(blob: Path) -> bytes:
    return subprocess.run(["zstd", "-dc", blob], capture_output=True, check=True).stdout


def test_a_layer_depends_on_its_content_only(tmp_path: Path, cache_folder: Path) -> None:
    program = tmp_path / "program"
    program.write_bytes(os.urandom(200_000))
    first = a_layer(program)
    shutil.rmtree(cache_folder)
    os.utime(program, (0, 0))
    program.chmod(0o600)
    again = a_layer(program)
    assert (again.digest, again.size, again.diff_id) == (first.digest, first.size, first.diff_id)


def test_a_layer_has_the_digests_and_the_size_of_its_blob(tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\n")
    made = a_layer(program)
    blob, tar = made.blob.read_bytes(), unpacked(made.blob)
    assert made.size == len(blob)
    assert made.digest == digest(blob)
    assert made.diff_id == f"sha256:{hashlib.sha256(tar).hexdigest()}"
    with tarfile.open(fileobj=io.BytesIO(tar)) as archive:
        members = {member.name: member for member in archive}
        assert list(members) == [
            "etc",
            "etc/motd",
            "tmp",
            "usr",
            "usr/bin",
            "usr/bin/sh",
            "usr/local",
            "usr/local/bin",
            "usr/local/bin/program",
        ]
        assert {(member.uid, member.gid, member.mtime) for member in archive} == {(0, 0, 0)}
        assert members["usr/local/bin/program"].mode == 0o755
        assert members["tmp"].mode == 0o1777
        assert members["usr/bin/sh"].linkname == "/bin/busybox"


def test_a_manifest_is_stable_and_lists_configuration_and_layers(tmp_path: Path) -> None:
    layers = (
        Layer(tmp_path, "sha256:" + "1" * 64, 10, "sha256:" + "2" * 64),
        Layer(tmp_path, "sha256:" + "3" * 64, 20, "sha256:" + "4" * 64),
    )
    image = Image("registry.k8s.io/pause", "3.10.2", layers, ("/pause",), "65535:65535")
    assert image.reference == "registry.k8s.io/pause:3.10.2"
    assert (
        digest(image.manifest)
        == "sha256:534b5e170b51d65b646513babd8ff06f246320c7b54df7eae9421252b728cb2e"
    )
    manifest, config = json.loads(image.manifest), json.loads(image.config)
    assert manifest["config"]["digest"] == digest(image.config)
    assert [entry["size"] for entry in manifest["layers"]] == [10, 20]
    assert config["rootfs"]["diff_ids"] == [entry.diff_id for entry in layers]
    assert config["config"]["User"] == "65535:65535"
    assert "Labels" not in config["config"]


def test_an_image_has_a_version_label_if_its_tag_is_of_another_version(tmp_path: Path) -> None:
    only = (Layer(tmp_path, "sha256:" + "1" * 64, 10, "sha256:" + "2" * 64),)
    image = Image("registry.k8s.io/etcd", "3.6.8-0", only, version="3.6.14")
    labels = json.loads(image.config)["config"]["Labels"]
    assert labels == {"org.opencontainers.image.version": "3.6.14"}
