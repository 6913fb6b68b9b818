from __future__ import annotations

import subprocess
import threading
from typing import TYPE_CHECKING

import pytest

from labcloud.nova import image

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Return a small root tree, packed like the machine image."""
    root = tmp_path / "root"
    for name in ("etc/hostname", "dev/null0", "run/leftover"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("x\n")
    packed = tmp_path / "image.tar.zst"
    subprocess.run(
        ["tar", "--create", "--zstd", "--file", packed, "--directory", root, "."], check=True
    )
    return packed


def test_an_image_is_unpacked_without_the_file_systems_of_the_kernel(
    tmp_path: Path, archive: Path
) -> None:
    tree = image.unpacked(tmp_path / "images", "id", lambda to: to.symlink_to(archive))

    assert (tree / "etc/hostname").read_text() == "x\n"
    assert list((tree / "dev").iterdir()) == list((tree / "run").iterdir()) == []
    assert archive.exists()  # the target of a link is not removed


def test_servers_that_start_at_the_same_time_unpack_an_image_once(
    tmp_path: Path, archive: Path
) -> None:
    downloads = []

    def download(to: Path) -> None:
        downloads.append(to)
        to.symlink_to(archive)

    threads = [
        threading.Thread(target=image.unpacked, args=(tmp_path / "images", "id", download))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(downloads) == 1


def test_an_image_that_is_not_a_tar_is_refused_and_nothing_of_it_remains(tmp_path: Path) -> None:
    images = tmp_path / "images"

    with pytest.raises(image.ImageError, match="id is not a tar of a root tree"):
        image.unpacked(images, "id", lambda to: to.write_bytes(b"QFI\xfb") and None)

    assert [path.name for path in images.iterdir()] == ["lock"]
