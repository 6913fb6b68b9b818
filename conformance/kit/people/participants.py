"""Participants: login accounts for the tests, read from the file that --people names."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from infra.errors import ForegroundError

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["Identity", "Participants"]

_FORM = "NAME: {passwordFile: FILE, groups: [GROUP]}, or NAME: FILE for a plain member"


@dataclass(frozen=True)
class Identity:
    """One account at the OIDC issuer.

    Attributes:
        name: Login name.
        groups: Groups that the issuer reports; None if unknown, which counts as a plain member.
        password_file: File with the password; it is read at each login.
        inline: The password itself, if the file of --people holds it.
    """

    name: str
    groups: frozenset[str] | None
    password_file: Path | None = None
    inline: str = field(default="", repr=False)

    @property
    def password(self) -> str:
        """The password.

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
                "Correct the file that --people names",
                at=str(self.password_file),
            ) from None


@dataclass(frozen=True)
class Participants:
    """All accounts, in the order of the file."""

    known: tuple[Identity, ...]

    @classmethod
    def read(cls, file: Path) -> Participants:
        """Read the file: by login name, a password file and groups.

        Raises:
            ForegroundError: The file cannot be used.
        """
        try:
            content = yaml.safe_load(file.read_text())
        except (OSError, yaml.YAMLError) as error:  # YAML's own text could quote a password
            raise ForegroundError(
                f"The file of people cannot be read: {type(error).__name__}", _FORM, at=str(file)
            ) from None
        try:
            people = content.get("people", content)
            return cls(tuple(_identity(name, of, file.parent) for name, of in people.items()))
        except (TypeError, ValueError, KeyError, AttributeError):
            raise ForegroundError(
                "The file of people has another form", _FORM, at=str(file)
            ) from None

    def members(self, allowed: Collection[str], admins: Collection[str]) -> list[Identity]:
        """Return the accounts that may log in and are no administrators."""
        return [
            one
            for one in self.known
            if one.groups is None or (one.groups & {*allowed} and not one.groups & {*admins})
        ]

    def administrators(self, admins: Collection[str]) -> list[Identity]:
        """Return the accounts that administer the hub."""
        return [one for one in self.known if one.groups is not None and one.groups & {*admins}]

    def outsiders(self, allowed: Collection[str], admins: Collection[str]) -> list[Identity]:
        """Return the accounts that the issuer knows and the site refuses."""
        groups = {*allowed, *admins}
        return [one for one in self.known if one.groups is not None and not one.groups & groups]


def _identity(name: str, entry: Any, folder: Path) -> Identity:  # noqa: ANN401 - from YAML
    if isinstance(entry, str):
        return Identity(name, None, folder / Path(entry).expanduser())
    groups = frozenset(entry["groups"]) if "groups" in entry else None
    if "passwordFile" in entry:
        return Identity(name, groups, folder / Path(entry["passwordFile"]).expanduser())
    return Identity(name, groups, None, entry["password"])
