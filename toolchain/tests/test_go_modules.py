"""Builds by the real `go` command, with module registries on this machine."""

from __future__ import annotations

import threading
import zipfile
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from infra import images
from infra.errors import ForegroundError
from toolchain import folders, go_errors
from toolchain.go_modules import GoModule
from toolchain.programs import PROGRAMS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HELLO = 'package main\n\nimport _ "example.test/dependency"\n\nfunc main() {}\n'


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A module that needs another, with a go.sum that holds another checksum of that."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("GONOSUMDB", "example.test")
    monkeypatch.setenv("GOFLAGS", "-mod=vendor -tags=nonsense")  # is ignored
    folder = tmp_path / "module"
    folder.mkdir()
    (folder / "main.go").write_text(HELLO)
    (folder / "go.mod").write_text(
        "module example.test/program\n\ngo 1.26\n\nrequire example.test/dependency v1.0.0\n"
    )
    wrong = "h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
    (folder / "go.sum").write_text(
        f"example.test/dependency v1.0.0 {wrong}\nexample.test/dependency v1.0.0/go.mod {wrong}\n"
    )
    return folder


@pytest.fixture
def refusing() -> Iterator[str]:
    """A registry that answers everything with 403."""

    class Refusing(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(HTTPStatus.FORBIDDEN, "This module version is not available.")

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def failure(module: Path) -> str:
    with pytest.raises(ForegroundError) as caught:
        GoModule(str(module), ".").provide("program", module, lambda: None)
    return str(caught.value)


def test_another_checksum_is_refused(
    module: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = tmp_path / "registry" / "example.test" / "dependency" / "@v"
    served.mkdir(parents=True)
    (served / "v1.0.0.mod").write_text("module example.test/dependency\n")
    with zipfile.ZipFile(served / "v1.0.0.zip", "w") as archive:
        archive.writestr("example.test/dependency@v1.0.0/it.go", "package dependency\n")
    monkeypatch.setenv("GOPROXY", f"file://{tmp_path}/registry")
    said = failure(module)
    assert "program was not built: example.test/dependency@v1.0.0 has another checksum" in said
    assert "try: do not build it" in said


def test_a_refused_version_is_named(
    module: Path, refusing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOPROXY", refusing)
    assert "the module registry refuses example.test/dependency@v1.0.0 (403)" in failure(module)


def test_a_registry_without_network_is_named_in_the_error(
    module: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOPROXY", "http://127.0.0.1:1")
    assert "the module registry cannot be reached" in failure(module)


def test_missing_lines_of_go_sum_are_restored_from_git(module: Path) -> None:
    (module / "go.sum").unlink()
    assert f"try: git restore {module}" in failure(module)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("write /x/go/build/a: no space left on device", "is full"),
        ('cgo: C compiler "gcc" not found: exec: "gcc"', "there is no C compiler"),
        ("k8s.io/api: compile: signal: killed", "by lack of memory"),
        ("./main.go:3:1: syntax error", "./main.go:3:1: syntax error"),
    ],
)
def test_other_errors_of_the_compiler(tmp_path: Path, words: str, sentence: str) -> None:
    log = tmp_path / "log"
    log.write_text(words)
    assert sentence in str(go_errors.explained("kube", "cluster", log))


def test_the_key_depends_on_sources_and_flags_and_not_on_the_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source = PROGRAMS["kube"].source
    before = source.key()
    monkeypatch.setenv("GOFLAGS", "-mod=vendor")
    assert source.key() == before
    for part in ("1.26.6", "-trimpath", "selinux,notest,grpcnotrace", "gitVersion=v1.36.4", "h1:"):
        assert part in before
    assert "cmd/kube/main.go" in before
    podnet = GoModule(str(images.SERVICES / "network/podnet"), ".").key()
    assert "services/network/podnet/main.go" in podnet
    assert "Containerfile" not in podnet


def test_the_cache_is_where_xdg_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert folders.programs() == tmp_path / "foreground" / "programs"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert folders.root() == tmp_path / ".cache" / "foreground"
