"""Neutron in one process: its WSGI application, and labcloud's drivers inside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neutron import policy
from neutron.wsgi.api import application

from labcloud.serving import Parts

if TYPE_CHECKING:
    from labcloud.settings import Settings

__all__ = ["start"]


def start(_settings: Settings) -> Parts:
    """Return the application, which its import has made."""
    # made by the first request otherwise, without a lock: a second one at that moment met rules
    # half read, and a plain user was told that there is no network
    policy.init()
    return Parts(application)
