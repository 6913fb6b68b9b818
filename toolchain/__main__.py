"""Command `python -m toolchain`: build upstream's programs, and push the platform's images."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from infra import images
from infra.errors import ForegroundError
from toolchain import cache, containers, ensure, kubeadm
from toolchain.programs import PROGRAMS, named
from toolchain.push import push
from toolchain.registry import Access

if TYPE_CHECKING:
    from collections.abc import Iterator

_UPSTREAM = "upstream's images, from upstream's registries or a mirror of them:"


def main() -> int:
    """Run the command."""
    arguments = _parser().parse_args()
    for ending in (signal.SIGINT, signal.SIGTERM):  # a shell's `&` makes a command ignore SIGINT
        signal.signal(ending, signal.default_int_handler)
    try:
        arguments.run(arguments)
    except ForegroundError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nstopped; the same command goes on from here", file=sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m toolchain", description=__doc__)
    commands = parser.add_subparsers(required=True)
    build = commands.add_parser("build", help="build the programs that the cache does not have")
    build.add_argument("names", nargs="*", metavar="NAME", help="as in `list`; all, if none")
    build.set_defaults(run=lambda given: ensure(given.names))
    listing = commands.add_parser("list", help="list the programs in the order of building")
    listing.set_defaults(run=lambda _: _list())

    about = commands.add_parser("images", help="the images that a site needs").add_subparsers(
        required=True
    )
    listed = about.add_parser("list", help="list the platform's own images and upstream's")
    listed.add_argument("registry", nargs="?", default="REGISTRY", metavar="REGISTRY")
    listed.set_defaults(run=lambda given: print("\n".join(_image_list(given.registry))))
    pushing = about.add_parser("push", help="build the platform's own images, and push them")
    pushing.add_argument("registry", metavar="REGISTRY", help="mirrors.registry of the site file")
    pushing.add_argument("--auth-file", type=Path, metavar="FILE", help="of `skopeo login`")
    pushing.add_argument("--ca-file", type=Path, metavar="FILE", help="authority of the registry")
    pushing.add_argument(
        "--replace", action="store_true", help="push an image that is there from another build too"
    )
    pushing.set_defaults(run=_push)
    return parser


def _list() -> None:
    built = cache.standard()
    for program in PROGRAMS.values():
        place = built.place(program)
        state = place if place.is_file() else "not built"
        print(f"{program.name:26} {program.version:16} {state}")


def _image_list(url: str) -> Iterator[str]:
    yield "the platform's own images, pushed by `python -m toolchain images push REGISTRY`:"
    for name in images.names():
        if name != images.BASE:
            state = "built" if containers.layout(name).is_dir() else "not built"
            yield f"  {images.reference(url.rpartition('://')[2], name)}  {state}"
    yield _UPSTREAM
    kube = cache.standard().place(named("kube"))
    of_kubeadm = kubeadm.images(kube) if kube.is_file() else []
    names = {reference.rpartition(":")[0] for reference in of_kubeadm}
    rows = (image for program in PROGRAMS.values() for image in program.images)
    others = {f"{image.name}:{image.tag}" for image in rows if image.name not in names}
    for reference in sorted({*of_kubeadm, *others}):
        yield f"  {reference}"
    if not of_kubeadm:
        yield "  kubeadm pulls some under other tags: python -m toolchain build kube, then again"


def _push(given: argparse.Namespace) -> None:
    access = Access(given.auth_file, given.ca_file)
    for line in push(given.registry, access, replace=given.replace):
        print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
