"""Catalogue of the mirror: derived from the rows of the tables of programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from infra.errors import ForegroundError
from lab.mirror import catalogue
from lab.mirror.programs import ROWS

if TYPE_CHECKING:
    from pathlib import Path


def test_every_row_that_is_published_is_served_and_the_labs_own_come_last() -> None:
    assert [row.name for row in ROWS][-2:] == ["pause", "accelerators"]
    served = {image.name for row in ROWS for image in row.images}
    assert {"registry.k8s.io/etcd", "registry.k8s.io/pause", "foreground/accelerators"} <= served


def test_charts_have_upstreams_file_names(tmp_path: Path) -> None:
    programs = {row.name: tmp_path / row.name for row in ROWS}
    (chart,) = [chart for row in ROWS for chart in row.charts]
    assert catalogue.charts(programs) == {chart.file: tmp_path / "kueue-chart"}


def test_an_image_of_kubeadm_that_no_row_publishes_is_an_error(tmp_path: Path) -> None:
    kube = tmp_path / "kube"
    kube.write_text("#!/bin/sh\necho registry.k8s.io/pause:3.1\necho registry.k8s.io/novelty:v1\n")
    kube.chmod(0o755)
    with pytest.raises(ForegroundError, match=r"kubeadm pulls registry\.k8s\.io/novelty") as said:
        catalogue.images({"kube": kube})
    assert "toolchain/programs.py" in str(said.value.hint)
