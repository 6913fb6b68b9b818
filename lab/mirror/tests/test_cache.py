"""The mirror's cache: results are made once, and an incomplete one never counts."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from lab.mirror import cache

if TYPE_CHECKING:
    from pathlib import Path


def make(new: Path) -> None:
    (new / "content").write_text("complete")


def test_a_recipe_is_made_once(cache_folder: Path) -> None:
    made: list[Path] = []

    def recorded(new: Path) -> None:
        made.append(new)
        make(new)

    first = cache.ensure("kind", ["recipe"], recorded)
    assert cache.ensure("kind", ["recipe"], recorded) == first
    assert len(made) == 1
    assert made[0] != first  # renamed when complete
    assert (first / "content").read_text() == "complete"
    assert cache.ensure("kind", ["another"], recorded) != first
    assert sorted(folder.name for folder in cache_folder.iterdir()) == ["kind"]


def test_an_interrupted_build_leaves_nothing_that_is_used_later() -> None:
    def interrupted(new: Path) -> None:
        (new / "content").write_text("ha")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cache.ensure("kind", ["recipe"], interrupted)
    made = cache.ensure("kind", ["recipe"], make)
    assert (made / "content").read_text() == "complete"
    assert list(made.parent.iterdir()) == [made]


def test_a_changed_program_is_another_recipe(tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_text("one")
    before = cache.digest_of([program])
    assert cache.digest_of([program]) == before
    program.write_text("other")
    assert cache.digest_of([program]) != before


def test_a_result_that_is_long_unused_is_removed_when_a_new_one_is_made() -> None:
    old = cache.ensure("kind", ["old"], make)
    used = cache.ensure("kind", ["used"], make)
    for folder in (old, used):
        os.utime(folder, (0, 0))
    cache.ensure("kind", ["used"], make)
    cache.ensure("kind", ["new"], make)
    assert not old.exists()
    assert used.exists()
