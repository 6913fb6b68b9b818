"""toolchain/bootstrap.sh refuses an unsuitable machine before it changes anything."""

from __future__ import annotations

import os
import socket
import subprocess
from pathlib import Path

import pytest

BOOTSTRAP = Path(__file__).resolve().parent.parent / "toolchain" / "bootstrap.sh"
NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
PORT_OF_NOVA = 8774


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """Return the path of the cache, which must not be created."""
    return tmp_path / "cache"


def check(
    cache: Path, *options: str, prefix: tuple[str, ...] = (), **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run `bootstrap.sh --check`, from stdin, because `nobody` may not open the file."""
    return subprocess.run(
        [*prefix, "sh", "-s", "--", "--check", *options],
        env={"PATH": os.environ["PATH"], "XDG_CACHE_HOME": str(cache), **environment},
        input=BOOTSTRAP.read_text(),
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


def assert_refused(
    answer: subprocess.CompletedProcess[str], cache: Path, problem: str, hint: str
) -> None:
    """Expect one sentence, one hint, and no change."""
    lines = answer.stderr.splitlines()
    assert (answer.returncode, answer.stdout, len(lines)) == (1, "", 2), answer
    assert lines[0].startswith("error: ")
    assert problem in lines[0]
    assert lines[1].startswith("  try: ")
    assert hint in lines[1]
    assert not cache.exists()


def test_this_machine_passes_and_the_check_changes_nothing(cache: Path) -> None:
    answer = check(cache, FOREGROUND_NEED_MEMORY_MIB="1", FOREGROUND_NEED_DISK_GIB="1")
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, "", "")
    assert not cache.exists()


@pytest.mark.parametrize(
    ("release", "name"),
    [
        ("ID=debian\nVERSION_ID='13'\n", "debian 13"),
        ("ID=ubuntu\nVERSION_ID='24.04'\n", "ubuntu 24.04"),
        ("ID=debian\n", "debian "),  # testing has no number
    ],
)
def test_another_system_is_refused(cache: Path, tmp_path: Path, release: str, name: str) -> None:
    (tmp_path / "os-release").write_text(release)
    answer = check(cache, FOREGROUND_OS_RELEASE=str(tmp_path / "os-release"))
    assert_refused(answer, cache, f"this machine runs {name},", "Debian 12 (bookworm)")


def test_a_machine_of_an_unknown_system_is_refused(cache: Path, tmp_path: Path) -> None:
    answer = check(cache, FOREGROUND_OS_RELEASE=str(tmp_path / "absent"))
    assert_refused(answer, cache, "this machine runs unknown", "Debian 12")


def test_a_user_who_is_not_root_is_refused(cache: Path) -> None:
    answer = check(cache, prefix=NOBODY)
    assert_refused(answer, cache, "you are nobody", "sudo make up")


def test_too_little_memory_is_refused(cache: Path, tmp_path: Path) -> None:
    (tmp_path / "meminfo").write_text("MemTotal:  8000000 kB\nMemAvailable:  4096000 kB\n")
    answer = check(
        cache, FOREGROUND_MEMINFO=str(tmp_path / "meminfo"), SITE="a-site-that-is-not-here"
    )
    assert_refused(answer, cache, "4000 MiB of memory are free, and 7000", "lab-down")


def test_too_little_disk_is_refused(cache: Path) -> None:
    answer = check(cache, FOREGROUND_NEED_MEMORY_MIB="1", FOREGROUND_NEED_DISK_GIB="999999")
    assert_refused(answer, cache, "999999 GiB are needed", "XDG_CACHE_HOME")


def test_a_cache_that_cannot_be_created_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    cache = tmp_path / "file" / "cache"
    answer = check(cache, FOREGROUND_NEED_MEMORY_MIB="1", FOREGROUND_NEED_DISK_GIB="1")
    assert_refused(answer, cache, "nothing can be written below", "XDG_CACHE_HOME=")


def test_a_port_that_a_lab_needs_and_another_program_holds_is_refused(cache: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.77.250.2", PORT_OF_NOVA))
        other.listen()
        answer = check(cache, FOREGROUND_NEED_MEMORY_MIB="1", FOREGROUND_NEED_DISK_GIB="1")
    assert_refused(answer, cache, f"port {PORT_OF_NOVA} is taken", "stop that program")


def test_the_same_port_on_another_address_is_accepted(cache: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.77", PORT_OF_NOVA))
        other.listen()
        answer = check(cache, FOREGROUND_NEED_MEMORY_MIB="1", FOREGROUND_NEED_DISK_GIB="1")
    assert (answer.returncode, answer.stderr) == (0, "")


def test_a_machine_that_only_deploys_needs_less_memory_and_no_ports(
    cache: Path, tmp_path: Path
) -> None:
    (tmp_path / "meminfo").write_text("MemTotal:  8000000 kB\nMemAvailable:  4096000 kB\n")
    site = "a-site-that-is-not-here"
    with socket.socket() as other:
        other.bind(("127.77.250.3", PORT_OF_NOVA))
        other.listen()
        needs = {"FOREGROUND_MEMINFO": str(tmp_path / "meminfo"), "SITE": site}
        answer = check(cache, "--deploy", FOREGROUND_NEED_DISK_GIB="1", **needs)
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, "", "")
    (tmp_path / "meminfo").write_text("MemAvailable:  2048000 kB\n")
    answer = check(cache, "--deploy", **needs)
    assert_refused(answer, cache, "2000 MiB of memory are free, and 3000 MiB", "other programs")


def test_an_unknown_option_is_refused(cache: Path) -> None:
    assert_refused(check(cache, "--hurry"), cache, "there is no option --hurry", "--deploy")
