"""Sessions: starts the notebook session of a person and finds its pod."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conformance.kit.site.kinds import Document
    from conformance.kit.site.namespaces import Namespaces
    from conformance.kit.site.observer import Observer

    from .person import Person, Profile

__all__ = ["Sessions"]


@dataclass(frozen=True)
class Sessions:
    """Notebook sessions of one site.

    Attributes:
        observer: Of pods.
        namespaces: Of the site.
        patience: Seconds in which a session must be ready.
    """

    observer: Observer
    namespaces: Namespaces
    patience: float

    def start(self, person: Person, profile: Profile) -> Document:
        """Start a session, wait until the hub reports it as ready, and return its pod."""
        person.start(profile, self.patience)
        return self.pod(person)

    def pod(self, person: Person) -> Document:
        """Return the pod of a person's session.

        Raises:
            AssertionError: There is none.
        """
        return self.namespaces.session_pod(self.observer, person.name)
