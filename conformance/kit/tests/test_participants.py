from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from conformance.kit.people.participants import Identity, Participants
from infra.errors import ForegroundError

if TYPE_CHECKING:
    from pathlib import Path


def names(found: list[Identity]) -> list[str]:
    return [one.name for one in found]


def file(folder: Path, text: str) -> Path:
    path = folder / "people.yaml"
    path.write_text(text)
    return path


def test_accounts_are_members_administrators_or_outsiders_by_their_groups(tmp_path: Path) -> None:
    (tmp_path / "ada.txt").write_text("of ada\n")
    people = Participants.read(
        file(
            tmp_path,
            "ada: ada.txt\n"
            "grace: {passwordFile: ada.txt, groups: [members]}\n"
            "barbara: {passwordFile: ada.txt, groups: [members, admins]}\n"
            "edsger: {passwordFile: ada.txt, groups: []}\n",
        )
    )
    assert names(people.members(["members"], ["admins"])) == ["ada", "grace"]
    assert names(people.administrators(["admins"])) == ["barbara"]
    assert names(people.outsiders(["members"], ["admins"])) == ["edsger"]
    assert people.known[0].password == "of ada"  # noqa: S105 - no password


def test_the_file_may_hold_passwords_itself_as_that_of_the_labs_issuer(tmp_path: Path) -> None:
    text = "people: {ada: {name: Ada, groups: [members], password: hidden, sub: x}}\n"
    (ada,) = Participants.read(file(tmp_path, text)).known
    assert ada.password == "hidden"  # noqa: S105 - no password
    assert "hidden" not in repr(ada)


@pytest.mark.parametrize("text", ["- ada", "ada: {groups: [members]}", "ada: 5", "ada: {", "x"])
def test_a_file_of_another_form_is_an_error_of_one_sentence(tmp_path: Path, text: str) -> None:
    with pytest.raises(ForegroundError) as error:
        Participants.read(file(tmp_path, text))
    assert "The file of people" in error.value.problem


def test_the_error_of_a_password_file_names_the_account(tmp_path: Path) -> None:
    (ada,) = Participants.read(file(tmp_path, "ada: nowhere")).known
    with pytest.raises(ForegroundError, match="The password of ada cannot be read"):
        assert ada.password
