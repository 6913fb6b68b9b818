"""People: who logs in to be judged with, from a file; passwords are read when they are typed."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from infra.errors import ForegroundError

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["Identity", "People"]

_FORM = "NAME: {passwordFile: FILE, groups: [GROUP]}, or NAME: FILE for a plain member"


@dataclass(frozen=True)
class Identity:
    """Somebody whom the issuer knows.

    Attributes:
        name: As they log in.
        groups: What the issuer says of them; None is not known, and counts as a plain member.
    """

    name: str
    groups: frozenset[str] | None
    password_file: Path | None = None
    inline: str = field(default="", repr=False)

    @property
    def password(self) -> str:
        """Their password.

        Raises:
            ForegroundError: The file cannot be read.
        """
        if not self.password_file:
            return self.inline
        try:
            return self.password_file.read_text().strip()
        except OSError as error:
            raise ForegroundError(
                f"The password of {self.name} cannot be read: {error.strerror}",
                "Mend the file that --people names",
                at=str(self.password_file),
            ) from None


@dataclass(frozen=True)
class People:
    """All of them, in the file's order."""

    known: tuple[Identity, ...]

    @classmethod
    def read(cls, file: Path) -> People:
        """Read the file: people by name, each with a password file and groups.

        Raises:
            ForegroundError: It cannot be used.
        """
        try:
            said = yaml.safe_load(file.read_text())
        except (OSError, yaml.YAMLError) as error:  # YAML's words could quote a password
            raise ForegroundError(
                f"The file of people cannot be read: {type(error).__name__}", _FORM, at=str(file)
            ) from None
        try:
            said = said.get("people", said)
            return cls(tuple(_identity(name, of, file.parent) for name, of in said.items()))
        except (TypeError, ValueError, KeyError, AttributeError):
            raise ForegroundError("The file of people is not one", _FORM, at=str(file)) from None

    def members(self, allowed: Collection[str], admins: Collection[str]) -> list[Identity]:
        """Return who may log in and is no administrator."""
        return [
            one
            for one in self.known
            if one.groups is None or (one.groups & {*allowed} and not one.groups & {*admins})
        ]

    def administrators(self, admins: Collection[str]) -> list[Identity]:
        """Return who administers the hub."""
        return [one for one in self.known if one.groups is not None and one.groups & {*admins}]

    def outsiders(self, allowed: Collection[str], admins: Collection[str]) -> list[Identity]:
        """Return whom the issuer knows and the site does not let in."""
        groups = {*allowed, *admins}
        return [one for one in self.known if one.groups is not None and not one.groups & groups]


def _identity(name: str, said: Any, folder: Path) -> Identity:  # noqa: ANN401 - whatever was written
    if isinstance(said, str):
        return Identity(name, None, folder / Path(said).expanduser())
    groups = frozenset(said["groups"]) if "groups" in said else None
    if "passwordFile" in said:
        return Identity(name, groups, folder / Path(said["passwordFile"]).expanduser())
    return Identity(name, groups, None, said["password"])
