"""Site file as pydantic models: the keys `foreground:*` of stacks/sites/Pulumi.<site>.yaml."""

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
