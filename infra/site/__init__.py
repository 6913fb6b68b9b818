"""The site file, typed: what an operator may say under `foreground:` in a stack's file."""

from .machines import Group, Role, WantedMachine
from .reading import NAMESPACE, file_of, read, read_config, read_file
from .site import Site

__all__ = [
    "NAMESPACE",
    "Group",
    "Role",
    "Site",
    "WantedMachine",
    "file_of",
    "read",
    "read_config",
    "read_file",
]
