"""People of a lab: made once, readable by root only; a broken file is one error."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from infra.errors import ForegroundError
from lab.identity.people import have_people, password_file

if TYPE_CHECKING:
    from pathlib import Path


def test_people_are_made_once_with_passwords_that_only_root_can_read(tmp_path: Path) -> None:
    made = have_people(tmp_path)
    assert have_people(tmp_path) == made
    assert {who: person.groups for who, person in made.people.items()} == {
        "ada": ["members"],
        "grace": ["members"],
        "barbara": ["admins", "members"],
        "edsger": [],
    }
    files = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert files == dict.fromkeys(
        ["people.yaml", "password-ada", "password-barbara", "password-edsger", "password-grace"],
        0o600,
    )
    for who, person in made.people.items():
        assert password_file(tmp_path, who).read_text() == f"{person.password}\n"
    assert len({person.password for person in made.people.values()}) == 4


def test_a_printed_person_shows_no_password(tmp_path: Path) -> None:
    made = have_people(tmp_path)
    shown = f"{made} {made!r}"
    assert [who for who, person in made.people.items() if person.password in shown] == []


def test_an_edited_file_is_used(tmp_path: Path) -> None:
    have_people(tmp_path)
    file = tmp_path / "people.yaml"
    said = yaml.safe_load(file.read_text())
    del said["people"]["edsger"]
    said["people"]["ada"] |= {"password": "of her own choice"}
    file.write_text(yaml.safe_dump(said))
    file.chmod(0o644)  # as an editor may
    have_people(tmp_path)
    assert password_file(tmp_path, "ada").read_text() == "of her own choice\n"
    assert not password_file(tmp_path, "edsger").exists()
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ("people: {ada: {password: 'secret words", "is not YAML"),
        ("people: {ada: {password: secret words, grops: []}}", "people.ada.grops"),
        ("people: {ada: {password: secret}}", "people.ada.password"),
        ("[secret words]", "is not as it should be"),
    ],
)
def test_a_broken_file_is_refused_without_its_passwords(
    tmp_path: Path, broken: str, said: str
) -> None:
    (tmp_path / "people.yaml").write_text(broken)
    with pytest.raises(ForegroundError) as raised:
        have_people(tmp_path)
    assert said in str(raised.value)
    assert "people.yaml" in str(raised.value)
    assert "secret" not in str(raised.value)
