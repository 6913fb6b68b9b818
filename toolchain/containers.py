"""The platform's own images: built from their Containerfiles into OCI layouts in the cache.

A folder below `services/` that has a Containerfile is an image. Two other files there are used
before buildah runs: from `base.yaml` mmdebstrap makes `base.tar`, a Debian root; from `go.mod` the
`go` command builds the main package, as a file with the folder's name.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Final

import yaml

from infra import images
from infra.errors import ForegroundError
from toolchain import buildah, folders, locks
from toolchain.go_modules import GoModule
from toolchain.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Iterable

    from toolchain.buildah import Buildah

__all__ = ["build", "build_all", "layout"]

_TRUST: Final = Path("/etc/ssl/certs/ca-certificates.crt")
"""Debian's trust store: RUN steps see this machine's, and no layer holds it."""


def build_all(progress: Progress | None = None) -> dict[str, Path]:
    """OCI layouts of all images by name, built one after another where the cache has none."""
    return _ensure(images.names(), progress)


def build(name: str, progress: Progress | None = None) -> Path:
    """OCI layout of one image, built if the cache does not hold it.

    Args:
        name: Its folder below `services/`.
        progress: Progress line.

    Raises:
        ForegroundError: There is no such image, or it cannot be built.
    """
    return _ensure([name], progress)[name]


def layout(name: str) -> Path:
    """Folder of an image's OCI layout, built or not."""
    return _root() / "layouts" / _slug(name) / images.key(name)


def _ensure(names: Iterable[str], progress: Progress | None) -> dict[str, Path]:
    places = {name: layout(name) for name in names}
    with closing(progress or Progress()) as shown:
        while missing := [name for name in places if not places[name].is_dir()]:
            _build(missing, shown)
    for place in places.values():
        os.utime(place)
    return places


def _root() -> Path:
    return folders.root() / "containers"


def _slug(name: str) -> str:
    return name.replace("/", "-")


def _build(missing: list[str], progress: Progress) -> None:
    name, *rest = missing
    title, place = f"image {name}", layout(name)
    _root().mkdir(parents=True, exist_ok=True, mode=0o700)  # buildah's store has setuid programs
    with locks.alone(_root(), place, title, progress) as needed:
        if not needed:
            return
        began = time.monotonic()
        with progress.job(f"building {title}", title, tuple(f"image {other}" for other in rest)):
            _make_layout(name, place, progress)
        progress.done(f"built {title} in {time.monotonic() - began:.0f} s")


def _make_layout(name: str, place: Path, progress: Progress) -> None:
    log = folders.logs() / f"image-{_slug(name)}.log"
    place.parent.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(prefix=locks.NEW, dir=_root()))
    try:
        running = buildah.opened(_root() / "store", new, log, progress.tick)
        _make(name, new, running)
        (new / "layout").rename(place)
    finally:
        shutil.rmtree(new, ignore_errors=True)
    locks.remove_unused(place.parent)


def _make(name: str, new: Path, running: Buildah) -> None:
    if images.has_base(name):
        _ensure_base(new, running)
    _commit(name, new, running)
    _export(name, new / "layout", running)
    if name != images.BASE:  # the layout is the result; the store holds the base of the others
        running.run("rmi", "--force", _local(name), what=f"image {name} was not removed")


def _ensure_base(new: Path, running: Buildah) -> None:
    """Put the base image into buildah's store, where Containerfiles find it."""
    try:
        running.run("inspect", "--type", "image", _local(images.BASE), what="no base yet")
    except ForegroundError:
        place = layout(images.BASE)
        if not place.is_dir():
            folder = new / "below"
            folder.mkdir()
            _commit(images.BASE, folder, running)
            _export(images.BASE, folder / "layout", running)
            place.parent.mkdir(parents=True, exist_ok=True)
            (folder / "layout").rename(place)
            return
        what = "the base image could not be read"
        running.run("pull", "--quiet", f"oci:{place}", what=what)


def _commit(name: str, new: Path, running: Buildah) -> None:
    context = _context(name, new)
    if (context / "base.yaml").is_file():
        _bootstrap(name, context, running)
    if (context / "go.mod").is_file():
        folder = images.SERVICES / name
        GoModule(str(folder), ".").provide(folder.name, context, running.tick)
    running.run(
        "build",
        "--isolation=chroot",
        "--pull-never",
        "--layers=false",
        "--format=oci",
        f"--volume={_TRUST}:{_TRUST}:ro",
        f"--build-arg=BASE={_local(images.BASE)}",
        f"--build-context=uv={_uv()}",
        f"--tag={_local(name)}",
        context,
        what=f"image {name} was not built",
    )


def _export(name: str, place: Path, running: Buildah) -> None:
    """Write the image as an OCI layout, from which registries are filled."""
    options = ("--quiet", "--format=oci", "--compression-format=zstd")
    what = f"image {name} could not be packed"
    running.run("push", *options, _local(name), f"oci:{place}:{images.key(name)}", what=what)


def _context(name: str, new: Path) -> Path:
    """A copy of exactly those files that the image's key is computed from."""
    context = new / "context"
    source = images.SERVICES / name
    for file in images.files(source):
        target = context / file.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
        target.chmod(0o755 if os.access(file, os.X_OK) else 0o644)
    return context


def _bootstrap(name: str, context: Path, running: Buildah) -> None:
    """Have mmdebstrap make the Debian root that base.yaml describes."""
    wanted = yaml.safe_load((context / "base.yaml").read_text())
    command = ["mmdebstrap", "--quiet", f"--variant={wanted.get('variant', 'minbase')}"]
    command += [f"--include={','.join(wanted['packages'])}"]
    command += [f"--dpkgopt=path-exclude={path}" for path in wanted["left_out"]]
    running.watched(
        [*command, wanted["suite"], str(context / "base.tar")],
        f"the Debian root of image {name} was not made by mmdebstrap",
    )


def _uv() -> Path:
    """Folder of the pinned uv, which Containerfiles copy into their first stage."""
    found = shutil.which("uv")
    if not found:
        raise ForegroundError("uv is not installed", "make setup")
    return Path(found).resolve().parent


def _local(name: str) -> str:
    return f"localhost/{images.repository(name)}:{images.key(name)}"
