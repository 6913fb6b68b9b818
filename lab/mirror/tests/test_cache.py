"""What is kept in the cache: made once, aside, and never half."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from lab.mirror import cache

if TYPE_CHECKING:
    from pathlib import Path


def make(aside: Path) -> None:
    (aside / "content").write_text("whole")


def test_a_recipe_is_made_once(cache_folder: Path) -> None:
    made: list[Path] = []

    def recorded(aside: Path) -> None:
        made.append(aside)
        make(aside)

    first = cache.kept("kind", ["recipe"], recorded)
    assert cache.kept("kind", ["recipe"], recorded) == first
    assert len(made) == 1
    assert made[0] != first  # aside
    assert (first / "content").read_text() == "whole"
    assert cache.kept("kind", ["another"], recorded) != first
    assert sorted(folder.name for folder in cache_folder.iterdir()) == ["kind"]


def test_an_interrupted_make_leaves_nothing_that_counts() -> None:
    def interrupted(aside: Path) -> None:
        (aside / "content").write_text("ha")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cache.kept("kind", ["recipe"], interrupted)
    made = cache.kept("kind", ["recipe"], make)
    assert (made / "content").read_text() == "whole"
    assert list(made.parent.iterdir()) == [made]


def test_a_changed_program_is_another_recipe(tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_text("one")
    before = cache.digest_of([program])
    assert cache.digest_of([program]) == before
    program.write_text("other")
    assert cache.digest_of([program]) != before


def test_what_nobody_asks_for_goes_when_something_new_comes() -> None:
    old = cache.kept("kind", ["old"], make)
    used = cache.kept("kind", ["used"], make)
    for folder in (old, used):
        os.utime(folder, (0, 0))
    cache.kept("kind", ["used"], make)
    cache.kept("kind", ["new"], make)
    assert not old.exists()
    assert used.exists()
