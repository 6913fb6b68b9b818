#!/usr/bin/python
"""Ansible module: write several files in one task, each only if it differs."""

from __future__ import annotations

import pathlib
from typing import Any

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = """
module: write_files
short_description: Write several small text files, each only if it differs
description:
  - One task for many files is faster than many tasks.
  - Each file is written under another name and renamed. Parent folders are made.
  - Owner and group are root.
options:
  files:
    description: The files.
    type: list
    elements: dict
    required: true
    suboptions:
      path: {description: Where to write., type: path, required: true}
      content: {description: Text of the file., type: str, required: true}
      mode: {description: Permissions., type: str, default: "0644"}
"""

RETURN = """
changed_files:
  description: Paths of the files that were written.
  type: list
  elements: str
  returned: always
"""

OPTIONS = {
    "files": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "path": {"type": "path", "required": True},
            "content": {"type": "str", "required": True},
            "mode": {"type": "str", "default": "0644"},
        },
    },
}


def differs(wanted: dict[str, Any]) -> bool:
    """Return whether the file is missing, or has other content or permissions."""
    path = pathlib.Path(wanted["path"])
    try:
        found = path.read_text(), path.stat().st_mode & 0o7777
    except (FileNotFoundError, UnicodeDecodeError):
        return True
    return found != (wanted["content"], int(wanted["mode"], 8))


def write(wanted: dict[str, Any]) -> None:
    """Write the file under another name, with its permissions, then rename it."""
    path = pathlib.Path(wanted["path"])
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.new")
    aside.unlink(missing_ok=True)
    aside.touch(mode=0o600)
    aside.write_text(wanted["content"])
    aside.chmod(int(wanted["mode"], 8))
    aside.rename(path)  # not Ansible's atomic_move, which changes the permissions of a new file


def main() -> None:
    """Compare all files, then write those that differ."""
    module = AnsibleModule(OPTIONS, supports_check_mode=True)
    stale = [wanted for wanted in module.params["files"] if differs(wanted)]
    if not module.check_mode:
        for wanted in stale:
            write(wanted)
    module.exit_json(changed=bool(stale), changed_files=[wanted["path"] for wanted in stale])


if __name__ == "__main__":
    main()
