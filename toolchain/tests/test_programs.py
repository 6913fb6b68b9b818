"""Table of programs: where upstream publishes each of them."""

from __future__ import annotations

from infra import versions
from toolchain.programs import PROGRAMS


def test_every_row_is_the_only_one_of_its_name() -> None:
    assert [name for name, row in PROGRAMS.items() if row.name != name] == []
    images = [f"{image.name}:{image.tag}" for row in PROGRAMS.values() for image in row.images]
    assert len(images) == len(set(images))


def test_programs_that_lie_in_the_image_of_another_are_rows_too() -> None:
    beside = {
        name for row in PROGRAMS.values() for image in row.images for name in image.with_programs
    }
    assert beside == {"etcdctl"}
    assert beside <= PROGRAMS.keys()


def test_the_chart_has_the_name_by_which_the_overlay_reads_it() -> None:
    (chart,) = PROGRAMS["kueue-chart"].charts
    assert chart.file == f"kueue-{versions.KUEUE}.tgz"


def test_the_three_parts_of_containerd_are_one_download() -> None:
    rows = [PROGRAMS[name] for name in ("containerd", "ctr", "containerd-shim-runc-v2")]
    downloads = [download for row in rows for download in row.downloads]
    assert len({download.path for download in downloads}) == 1
    assert {download.member for download in downloads} == {f"bin/{row.name}" for row in rows}
