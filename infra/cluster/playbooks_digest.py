"""Digest of all files of the playbooks: the Member input that makes a changed role reach members.

Where the digest differs from the one in the state, a member is updated in place and its playbook
runs again, in the order of the rolling update. All checkouts of the same files have one digest.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from infra import images
from infra.site.values import PLAYBOOKS

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["playbooks_digest"]


@cache
def playbooks_digest(playbooks: Path = PLAYBOOKS) -> str:
    """Return the digest of all names and contents below a folder, except caches and tests."""
    return images.digest(
        part
        for file in images.files(playbooks)
        for part in (file.relative_to(playbooks).as_posix().encode(), file.read_bytes())
    )
