"""Validated types that several sections of the site file use: names, files, URLs, taints."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

from pydantic import AfterValidator, Field

from infra import names

__all__ = ["PLAYBOOKS", "REPOSITORY", "File", "Name", "Taint", "Url"]

REPOSITORY: Final = Path(__file__).resolve().parents[2]

PLAYBOOKS: Final = REPOSITORY / "playbooks"
"""Folder of the Ansible playbooks, their roles and their configuration."""

File = Annotated[Path, AfterValidator(lambda path: REPOSITORY / path.expanduser())]
"""A file on the computer that deploys; a relative path starts in the repository."""

Name = Annotated[str, Field(max_length=names.LONGEST), AfterValidator(names.checked)]
"""A name that can become part of host names."""

Taint = Annotated[
    str, Field(pattern=r"^[^\s=:]+(=[^\s=:]*)?:(NoSchedule|NoExecute|PreferNoSchedule)$")
]
"""A taint as kubectl writes it: key=value:effect."""

Url = Annotated[str, Field(pattern=r"^https?://\S+$"), AfterValidator(lambda u: u.rstrip("/"))]
"""An HTTP or HTTPS URL; a slash at its end is removed."""
