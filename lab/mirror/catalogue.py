"""Catalogue of the mirror: the images, downloads and charts of the programs, under their names.

Names and layout come from the rows of the tables of programs. Kubeadm asks for some images under
tags of older versions; those tags are served as well, and a label says the true version.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from infra import images as sources
from infra.errors import ForegroundError
from lab.mirror.artefacts import Artefact
from lab.mirror.base import base
from lab.mirror.images import Image
from lab.mirror.layers import File, Layer, Link, layer
from lab.mirror.layouts import Layout
from lab.mirror.programs import ROWS
from toolchain import containers, kubeadm

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from toolchain import program as upstream
    from toolchain.program import Program

    Programs = Mapping[str, Path]
    """The programs' files by name."""


def images(programs: Programs) -> tuple[Image, ...]:
    """Images of all programs, with the tags that kubeadm asks for.

    Raises:
        ForegroundError: kubeadm asks for an image that no program publishes.
    """
    asked: dict[str, list[str]] = defaultdict(list)
    for reference in kubeadm.images(programs["kube"]):
        name, _, tag = reference.rpartition(":")
        asked[name].append(tag)
    if unknown := asked.keys() - {image.name for row in ROWS for image in row.images}:
        raise ForegroundError(
            f"kubeadm pulls {', '.join(sorted(unknown))}, which no program publishes",
            "add the image to its program's row in toolchain/programs.py",
        )
    return tuple(
        _image(row, image, tag, programs)
        for row in ROWS
        for image in row.images
        for tag in dict.fromkeys((*asked.get(image.name, ()), image.tag))
    )


def own_images() -> tuple[Layout, ...]:
    """The platform's own images, which the toolchain builds from `services/`."""
    return tuple(
        Layout(sources.repository(name), sources.key(name), folder)
        for name, folder in containers.build_all().items()
        if name != sources.BASE  # no pod runs it
    )


def artefacts(programs: Programs) -> tuple[Artefact, ...]:
    """All downloads at upstream's addresses; those of one archive together."""
    archives: dict[tuple[str, upstream.Checksum], list[File]] = defaultdict(list)
    plain = []
    for row in ROWS:
        for download in row.downloads:
            file = programs[row.name]
            if download.member:
                archives[download.path, download.checksum].append(File(download.member, file))
            else:
                plain.append(Artefact(download.path, file, download.checksum))
    packed = (
        Artefact(path, tuple(sorted(members, key=lambda member: member.path)), checksum)
        for (path, checksum), members in archives.items()
    )
    return (*plain, *packed)


def charts(programs: Programs) -> dict[str, Path]:
    """Packed Helm charts by the name of their file."""
    return {chart.file: programs[row.name] for row in ROWS for chart in row.charts}


def _image(row: Program, image: upstream.Image, tag: str, programs: Programs) -> Image:
    folder = PurePosixPath(image.path).parent
    files = [File(image.path, programs[row.name])]
    files += [File(str(folder / name), programs[name]) for name in image.with_programs]
    layers: tuple[Layer, ...] = (layer(files),)
    if image.needs_iptables:
        layers = (base(), *layers)
    if image.link:  # a layer of its own, so that images of the same program share the others
        layers = (*layers, layer([Link(image.link, PurePosixPath(image.path).name)]))
    return Image(
        image.name,
        tag,
        layers,
        entrypoint=(image.entrypoint,) if image.entrypoint else (),
        user=image.user,
        version="" if row.version in tag else row.version,
    )
