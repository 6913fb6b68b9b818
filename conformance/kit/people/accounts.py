"""Crowd: the people whom a test sends to the site, and their leaving when it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.kit.verdicts import Broken

from .person import Person, Profile

if TYPE_CHECKING:
    from contextlib import ExitStack

    from conformance.kit.site.site_under_test import View

    from .participants import Identity, People

__all__ = ["Crowd"]


class Crowd:
    """People of one site.

    Args:
        view: The site.
        people: Whom the issuer knows.
        rest: Ends with the test.
    """

    def __init__(self, view: View, people: People, rest: ExitStack) -> None:
        self._view = view
        self._rest = rest
        self._people = people
        who = view.site.identity
        self._allowed = who.allowed_groups if who else []
        self._admins = who.admin_groups if who else []

    def members(self, count: int) -> list[Person]:
        """Return some members, logged in and without a session.

        Raises:
            Broken: There are not so many.
        """
        found = self._people.members(self._allowed, self._admins)
        if len(found) < count:
            raise Broken(f"this needs {count} plain members, and --people has {len(found)}")
        people = [self.visitor(one).logged_in() for one in found[:count]]
        for person in people:
            person.stop()
            self._rest.callback(person.stop)
        return people

    def administrator(self) -> Person:
        """Return an administrator, not logged in yet."""
        return self._first(self._people.administrators(self._admins), "administrator")

    def outsider(self) -> Person:
        """Return somebody whom the issuer knows and who is no member."""
        return self._first(self._people.outsiders(self._allowed, self._admins), "outsider")

    def visitor(self, who: Identity) -> Person:
        """Return a person with a browser of their own."""
        return self._rest.enter_context(Person(who, self._view.url, self._view.trust))

    def choice(self, person: Person, value: str) -> Profile:
        """Return the kind of session that is called so; those with accelerators, as their model.

        Raises:
            Broken: The site's form offers no such thing.
        """
        offered = person.profiles()
        found = next((one for one in offered if one.value == value), None)
        if not found:
            names = ", ".join(one.value or "one kind only" for one in offered)
            raise Broken(f"the site offers no session {value!r}, but {names}")
        return found

    def plain(self, person: Person) -> Profile:
        """Return the kind of session without an accelerator, if there is one."""
        return min(person.profiles(), key=lambda one: one.value in self._view.models)

    def _first(self, found: list[Identity], what: str) -> Person:
        if not found:
            raise Broken(f"--people has no {what}")
        return self.visitor(found[0])
