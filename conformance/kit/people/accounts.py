"""Accounts: gives a test the people that it needs, and stops their sessions when it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.kit.verdicts import Broken

from .person import Person, Profile

if TYPE_CHECKING:
    from contextlib import ExitStack

    from conformance.kit.site.site_under_test import SiteUnderTest

    from .participants import Identity, Participants

__all__ = ["Accounts"]


class Accounts:
    """People of one site, for one test.

    Args:
        site: The site.
        participants: Accounts at its issuer.
        cleanup: Closed when the test ends.
    """

    def __init__(
        self, site: SiteUnderTest, participants: Participants, cleanup: ExitStack
    ) -> None:
        self._site = site
        self._cleanup = cleanup
        self._participants = participants
        identity = site.settings.identity
        self._allowed = identity.allowed_groups if identity else []
        self._admins = identity.admin_groups if identity else []

    def members(self, count: int) -> list[Person]:
        """Return some plain members, logged in and without a session.

        Raises:
            Broken: The file of people has fewer.
        """
        found = self._participants.members(self._allowed, self._admins)
        if len(found) < count:
            raise Broken(f"this needs {count} plain members, and --people has {len(found)}")
        people = [self._person(one).logged_in() for one in found[:count]]
        for person in people:
            person.stop()
            self._cleanup.callback(person.stop)
        return people

    def administrator(self) -> Person:
        """Return an administrator of the hub, not logged in."""
        return self._first(self._participants.administrators(self._admins), "administrator")

    def outsider(self) -> Person:
        """Return a person that the issuer knows and the site refuses."""
        return self._first(self._participants.outsiders(self._allowed, self._admins), "outsider")

    def profile(self, person: Person, value: str) -> Profile:
        """Return the session profile of a name; those with accelerators are named by the model.

        Raises:
            Broken: The hub offers no such profile.
        """
        offered = person.profiles()
        found = next((one for one in offered if one.value == value), None)
        if not found:
            names = ", ".join(one.value or "one kind only" for one in offered)
            raise Broken(f"the site offers no session {value!r}, but {names}")
        return found

    def plain_profile(self, person: Person) -> Profile:
        """Return a session profile without an accelerator, or any profile if there is none."""
        return min(person.profiles(), key=lambda one: one.value in self._site.models)

    def _person(self, identity: Identity) -> Person:
        """Open a browser for an account."""
        return self._cleanup.enter_context(Person(identity, self._site.url, self._site.trust))

    def _first(self, found: list[Identity], what: str) -> Person:
        if not found:
            raise Broken(f"--people has no {what}")
        return self._person(found[0])
