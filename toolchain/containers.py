"""The platform's own images, built from their Containerfiles into OCI layouts in the cache."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import yaml

from infra import images
from infra.errors import ForegroundError
from toolchain import buildah, folders
from toolchain.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Iterator

    from toolchain.buildah import Buildah

__all__ = ["build", "build_all"]

_TRUST: Final = Path("/etc/ssl/certs/ca-certificates.crt")
"""Debian's trust store: RUN steps see this machine's, and no layer holds it."""

_UNUSED_AFTER: Final = 30 * 24 * 3600.0
_ASIDE: Final = ".new-"


def build_all(progress: Progress | None = None) -> dict[str, Path]:
    """The OCI layouts of all images; what is missing is built, one after the other."""
    shown = progress or Progress()
    wanted = images.names()
    missing = [name for name in wanted if not _place(name).is_dir()]
    for number, name in enumerate(missing, start=1):
        _build(name, len(missing) - number, shown)
    return {name: _used(_place(name)) for name in wanted}


def build(name: str, progress: Progress | None = None) -> Path:
    """The OCI layout of one image, built if the cache does not hold it.

    Args:
        name: Its folder below `services/`.
        progress: What a person reads meanwhile.

    Raises:
        ForegroundError: There is no such image, or it cannot be built.
    """
    place = _place(name)
    if not place.is_dir():
        _build(name, 0, progress or Progress())
    return _used(place)


def _root() -> Path:
    return folders.root() / "containers"


def _slug(name: str) -> str:
    return name.replace("/", "-")


def _place(name: str) -> Path:
    return _root() / "layouts" / _slug(name) / images.key(name)


def _used(place: Path) -> Path:
    os.utime(place)
    return place


def _build(name: str, left: int, progress: Progress) -> None:
    place = _place(name)
    with _alone(name, left, progress):
        if place.is_dir():  # another command built it meanwhile
            return
        began = time.monotonic()
        progress.begin(f"building image {name}", left)
        log = folders.logs() / f"image-{_slug(name)}.log"
        place.parent.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=_ASIDE, dir=_root()))
        try:
            running = buildah.opened(_root() / "store", aside, log, progress.tick)
            _make(name, aside, running)
            (aside / "layout").rename(place)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
            progress.clear()
        _forget_unused(place.parent)
        progress.done(f"built image {name} in {time.monotonic() - began:.0f} s")


def _make(name: str, aside: Path, running: Buildah) -> None:
    based = name != images.BASE
    if based:
        _have_base(aside, running)
    _commit(name, aside, running)
    _export(name, aside / "layout", running)
    if based:  # the layout is what is kept; the store keeps the base to build on
        running.run("rmi", "--force", _local(name), what=f"the store of image {name}")


def _have_base(aside: Path, running: Buildah) -> None:
    """Have the base in the store, where Containerfiles find it."""
    try:
        running.run("inspect", "--type", "image", _local(images.BASE), what="no base yet")
    except ForegroundError:
        layout = _place(images.BASE)
        if not layout.is_dir():
            folder = aside / "below"
            folder.mkdir()
            _commit(images.BASE, folder, running)
            _export(images.BASE, folder / "layout", running)
            layout.parent.mkdir(parents=True, exist_ok=True)
            (folder / "layout").rename(layout)
            return
        what = "the base image could not be read"
        running.run("pull", "--quiet", f"oci:{layout}", what=what)


def _commit(name: str, aside: Path, running: Buildah) -> None:
    what = f"image {name} was not built"
    context = _context(name, aside)
    if name == images.BASE:
        _bootstrap(context, running)
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
        what=what,
    )


def _export(name: str, layout: Path, running: Buildah) -> None:
    """Write the image where a registry can be filled from."""
    options = ("--quiet", "--format=oci", "--compression-format=zstd")
    what = f"image {name} could not be packed"
    running.run("push", *options, _local(name), f"oci:{layout}:{images.key(name)}", what=what)


def _context(name: str, aside: Path) -> Path:
    """A copy of exactly those files that the image's key was computed from."""
    context = aside / "context"
    source = images.SERVICES / name
    for file in images.files(source):
        target = context / file.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
        target.chmod(0o755 if os.access(file, os.X_OK) else 0o644)
    return context


def _bootstrap(context: Path, running: Buildah) -> None:
    """Have mmdebstrap make the root that base.yaml describes."""
    told = yaml.safe_load((context / "base.yaml").read_text())
    command = ["mmdebstrap", "--quiet", "--variant=minbase"]
    command += [f"--include={','.join(told['packages'])}"]
    command += [f"--dpkgopt=path-exclude={path}" for path in told["left_out"]]
    running.watched(
        [*command, told["suite"], str(context / "base.tar")],
        "the images' base was not made by mmdebstrap",
    )


def _uv() -> Path:
    """The folder of the pinned uv, which the Containerfiles copy into their first stage."""
    found = shutil.which("uv")
    if not found:
        raise ForegroundError("uv is not installed", "make setup")
    return Path(found).resolve().parent


def _local(name: str) -> str:
    return f"localhost/{images.repository(name)}:{images.key(name)}"


@contextmanager
def _alone(name: str, left: int, progress: Progress) -> Iterator[None]:
    """One image at a time on this machine, and none beside another checkout's."""
    _root().mkdir(parents=True, exist_ok=True, mode=0o700)
    with (_root() / "lock").open("w") as lock:
        if not _locked(lock.fileno()):
            progress.begin(f"another command builds; image {name} waits for it", left)
            while not _locked(lock.fileno()):
                progress.tick()
                time.sleep(0.2)
        for left_behind in _root().glob(f"{_ASIDE}*"):  # by a command that was killed
            shutil.rmtree(left_behind)
        yield


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _forget_unused(layouts: Path) -> None:
    for layout in layouts.iterdir():
        if time.time() - layout.stat().st_mtime > _UNUSED_AFTER:
            shutil.rmtree(layout)
