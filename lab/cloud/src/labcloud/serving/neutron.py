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
    """Return the application, which was created when it was imported."""
    # otherwise the first request does it, without a lock: a second request at that moment found
    # incomplete rules, and an unprivileged user got the response that there is no network
    policy.init()
    return Parts(application)
