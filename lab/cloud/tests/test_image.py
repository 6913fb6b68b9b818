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
    """Pack a small root tree as the machine image is packed."""
    root = tmp_path / "root"
    for name in ("etc/hostname", "dev/null0", "run/leftover"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("x\n")
    packed = tmp_path / "image.tar.zst"
    subprocess.run(
        ["tar", "--create", "--zstd", "--file", packed, "--directory", root, "."], check=True
    )
    return packed


def test_a_compressed_image_becomes_a_tree_without_what_a_kernel_gives(
    tmp_path: Path, archive: Path
) -> None:
    tree = image.unpacked(tmp_path / "images", "id", lambda to: to.symlink_to(archive))

    assert (tree / "etc/hostname").read_text() == "x\n"
    assert list((tree / "dev").iterdir()) == list((tree / "run").iterdir()) == []
    assert archive.exists()  # what was linked is somebody else's


def test_servers_that_want_their_first_image_at_once_unpack_it_once(
    tmp_path: Path, archive: Path
) -> None:
    downloads = []

    def download(to: Path) -> None:
        downloads.append(to)
        to.symlink_to(archive)

    wanting = [
        threading.Thread(target=image.unpacked, args=(tmp_path / "images", "id", download))
        for _ in range(4)
    ]
    for thread in wanting:
        thread.start()
    for thread in wanting:
        thread.join()

    assert len(downloads) == 1


def test_what_is_no_tar_is_refused_and_leaves_no_half_image(tmp_path: Path) -> None:
    images = tmp_path / "images"

    with pytest.raises(image.ImageError, match="id is not a tar of a root tree"):
        image.unpacked(images, "id", lambda to: to.write_bytes(b"QFI\xfb") and None)

    assert [path.name for path in images.iterdir()] == ["lock"]
