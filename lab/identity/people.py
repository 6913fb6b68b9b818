"""Test accounts of a lab: people.yaml, which the issuer reads, and one password file for each."""

from __future__ import annotations

import secrets
import string
import uuid
from typing import TYPE_CHECKING

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from infra.errors import ForegroundError
from lab.private_files import write_private

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["People", "Person", "have_people", "password_file"]

HEADER = """\
# People of this lab and their groups; edit it as you like, it is read again at each login.
# `python -m lab up` writes each password to a file of its own too, password-<person>.
"""
FIRST = {  # name, full name, groups
    "ada": ("Ada Lovelace", ["members"]),
    "grace": ("Grace Hopper", ["members"]),
    "barbara": ("Barbara Liskov", ["admins", "members"]),
    "edsger": ("Edsger Dijkstra", []),  # can log in at the issuer, but not on the platform
}
LETTERS = "".join(sorted({*string.ascii_lowercase, *string.digits} - {*"01lio"}))
NAME = r"^[a-z][a-z0-9_.-]{0,31}$"


class Person(BaseModel):
    """One person of the file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    email: str
    groups: list[str]
    password: str = Field(min_length=8, repr=False)
    sub: str = Field(min_length=1)


class People(BaseModel):
    """Content of the file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    people: dict[str, Person]


def have_people(folder: Path) -> People:
    """Ensure the file of people, and a file of each person's password.

    Raises:
        ForegroundError: somebody edited the file, and it does not hold people any more.
    """
    file = folder / "people.yaml"
    if not file.exists():
        made = {"people": {who: _new(who, *facts) for who, facts in FIRST.items()}}
        write_private(file, HEADER + yaml.safe_dump(made, sort_keys=False))
    file.chmod(0o600)  # an editor may have created it again
    found = _read(file)
    for who, person in found.people.items():
        write_private(password_file(folder, who), f"{person.password}\n")
    for left in set(folder.glob("password-*")) - {password_file(folder, w) for w in found.people}:
        left.unlink()
    return found


def password_file(folder: Path, who: str) -> Path:
    """Return the file of one person's password."""
    return folder / f"password-{who}"


def _new(who: str, name: str, groups: list[str]) -> dict[str, object]:
    # 12 letters of 31: 59 bits, and easy to type
    password = "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(3))
    return {
        "name": name,
        "email": f"{who}@foreground.example",
        "groups": groups,
        "password": password,
        "sub": str(uuid.uuid4()),
    }


def _read(file: Path) -> People:
    try:
        return People.model_validate(yaml.safe_load(file.read_text()))
    except yaml.YAMLError as error:
        # its message would quote the line with the password
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        raise ForegroundError(
            "the file of the lab's people is not YAML", at=f"{file}{where}"
        ) from None
    except ValidationError as error:
        faults = [
            f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}"
            for fault in error.errors(include_input=False)
        ]
        raise ForegroundError(
            "the file of the lab's people is not as it should be", details=faults, at=str(file)
        ) from None
