from __future__ import annotations

import http.client
import threading
from typing import TYPE_CHECKING

import pytest

from infra.overlay.storage.served import Homes, TakenError, server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def keeper(tmp_path: Path) -> Iterator[tuple[str, int]]:
    """The keeper of a folder of homes; where it hears."""
    with server(tmp_path, 0) as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield "127.0.0.1", running.server_address[1]
        running.shutdown()
        thread.join()


def ask(keeper: tuple[str, int], method: str, path: str, body: str = "") -> int:
    connection = http.client.HTTPConnection(*keeper, timeout=5)
    connection.request(method, path, body.encode() or None)
    status = connection.getresponse().status
    connection.close()
    return status


def test_a_person_gets_a_folder_that_nobody_else_reads(
    keeper: tuple[str, int], tmp_path: Path
) -> None:
    assert ask(keeper, "PUT", "/ada", "ada") == 200
    assert (tmp_path / "ada").stat().st_mode & 0o777 == 0o700


def test_a_folder_with_something_in_it_stays_as_it_is(
    keeper: tuple[str, int], tmp_path: Path
) -> None:
    ask(keeper, "PUT", "/ada", "ada")
    (tmp_path / "ada" / "kept").write_text("written")
    assert ask(keeper, "PUT", "/ada", "ada") == 200
    assert (tmp_path / "ada" / "kept").read_text() == "written"


def test_whoever_has_found_a_name_that_leads_to_anothers_home_gets_none(
    keeper: tuple[str, int],
) -> None:
    ask(keeper, "PUT", "/ada---0123abcd", "Ada")
    assert ask(keeper, "PUT", "/ada---0123abcd", "aDA") == 409


@pytest.mark.parametrize(
    "path",
    ["/", "/..", "/a/b", "/.owners", "/-a", "/A", "/%2e%2e", "/a%2fb", "/" + "a" * 64],
)
def test_no_other_name_makes_a_folder(keeper: tuple[str, int], tmp_path: Path, path: str) -> None:
    assert ask(keeper, "PUT", path, "ada") == 400
    assert list(tmp_path.iterdir()) == []


def test_a_person_without_a_name_gets_no_folder(keeper: tuple[str, int]) -> None:
    assert ask(keeper, "PUT", "/ada") == 400


def test_the_keeper_is_ready_while_the_homes_can_be_written_to(
    keeper: tuple[str, int], tmp_path: Path
) -> None:
    assert ask(keeper, "GET", "/") == 200
    (tmp_path / ".owners").rmdir()
    tmp_path.rmdir()
    assert ask(keeper, "GET", "/") == 503
    assert ask(keeper, "PUT", "/ada", "ada") == 503


def test_whose_a_folder_is_is_written_down_whole_or_not_at_all(tmp_path: Path) -> None:
    homes = Homes(tmp_path)
    homes.have("ada", "ada")
    with pytest.raises(TakenError):
        homes.have("ada", "ada of another institute")
    assert [path.name for path in (tmp_path / ".owners").iterdir()] == ["ada"]
    assert (tmp_path / ".owners" / "ada").read_text() == "ada"
