"""Edition: a digest of all that the playbooks are, so that another one reaches every member.

It is an input of each member: where it differs, the member is updated in place, in the window's
order, and its playbook runs again. It says the same in every checkout of the same files.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

from infra import images
from infra.site.values import REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["PLAYBOOKS", "edition"]

PLAYBOOKS: Final = REPOSITORY / "playbooks"


@cache
def edition(playbooks: Path = PLAYBOOKS) -> str:
    """Return the digest of names and contents below a folder, caches and tests left out."""
    return images.digest(
        part
        for file in images.files(playbooks)
        for part in (file.relative_to(playbooks).as_posix().encode(), file.read_bytes())
    )
