"""Errors of the `go` command, each as one sentence with a command to type."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from infra.errors import ForegroundError
from toolchain import folders

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["explained"]

_CHECKSUM: Final = (
    "do not build it; ask the operator of your module registry (GOPROXY), and compare go.sum with"
    " upstream's"
)
_NO_NETWORK: Final = (
    r"module lookup disabled by GOPROXY=off|no such host|dial tcp|connection refused"
    r"|connection reset|network is unreachable|i/o timeout|TLS handshake|unexpected EOF"
    r"|\b(?:429|50[0234]) [A-Z]"
)
_AGAIN: Final = "the same command again, it goes on from here"

# Pattern, sentence, hint. The first pattern that matches counts: a pattern further down often
# matches only a consequence of the cause.
_CAUSES: Final = (
    (
        r"(?:verifying )?(?P<what>\S+@\S+): (?:.*\n)?.*(?:checksum mismatch|SECURITY ERROR)",
        "{what} has another checksum than {module}/go.sum says",
        _CHECKSUM,
    ),
    (
        r"checksum mismatch|SECURITY ERROR",
        "a module has another checksum than {module}/go.sum says",
        _CHECKSUM,
    ),
    (
        r"no space left on device|disk quota exceeded",
        "the disk of {cache} is full",
        "df -h {cache}; free 10 GB or set XDG_CACHE_HOME to a larger disk, then " + _AGAIN,
    ),
    (
        r"missing go\.sum entry|updates to go\.mod needed|is not in std",
        "{module} is not complete",
        "git restore {module}",
    ),
    (
        r"go\.mod requires go >= (?P<what>\S+)",
        "{module} needs Go {what}, which is newer than the one of uv.lock",
        "make setup",
    ),
    (
        r"(?P<what>\S+@\S+?): reading \S+: (?P<status>40[34]|410)\b",
        "the module registry refuses {what} ({status})",
        "set GOPROXY to a registry that serves it",
    ),
    (
        r"(?P<what>\S+@\S+?): .*\b(?P<status>40[34]|410) (?:Forbidden|Not Found|Gone)",
        "the module registry refuses {what} ({status})",
        "set GOPROXY to a registry that serves it",
    ),
    (
        _NO_NETWORK,
        "the module registry cannot be reached",
        "check the network and GOPROXY, then " + _AGAIN,
    ),
    (
        r'C compiler "(?P<what>[^"]+)" not found|exec: "(?P<what2>gcc|cc|clang)"',
        "there is no C compiler",
        "make setup",
    ),
    (
        r"signal: killed|cannot allocate memory|out of memory",
        "a compiler was killed, most likely by lack of memory (2.5 GB are needed)",
        "end a large program, then " + _AGAIN,
    ),
)


def explained(name: str, module: str, log: Path) -> ForegroundError:
    """The error of a failed build, by its log.

    Args:
        name: The program.
        module: Folder of its go.mod, as a person types it.
        log: Output of the `go` command.
    """
    output = log.read_text(errors="replace")
    for pattern, sentence, hint in _CAUSES:
        if found := re.search(pattern, output):
            words = {"module": module, "cache": str(folders.root()), **found.groupdict()}
            problem = f"{name} was not built: {sentence.format(**words)}"
            return ForegroundError(problem, hint.format(**words), at=str(log))
    last = [line for line in output.splitlines() if line.strip()][-3:]
    return ForegroundError(f"{name} was not built", _AGAIN, details=last, at=str(log))
