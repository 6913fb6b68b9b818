"""openstacksdk connection to the site's cloud, with a deadline for each request."""

from __future__ import annotations

import warnings
from typing import Any, Final

from infra.errors import ForegroundError

__all__ = ["TIMEOUT", "connect"]

TIMEOUT: Final = 60.0
"""Seconds in which the cloud must respond to each request; openstacksdk itself waits for ever."""


def connect(entry: str, timeout: float = TIMEOUT) -> Any:  # noqa: ANN401 - it ships no types
    """Return openstacksdk's connection to a cloud, logged in.

    Args:
        entry: The cloud's name in clouds.yaml, which alone holds the credentials.
        timeout: Seconds in which the cloud must respond to each request.

    Raises:
        ForegroundError: The cloud does not respond.
    """
    import openstack  # noqa: PLC0415 - slow to import, and seldom needed

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openstacksdk warns about its own defaults
        try:
            cloud = openstack.connect(cloud=entry, api_timeout=timeout)
            cloud.authorize()
        except Exception as error:
            raise ForegroundError(
                f"The cloud {entry} does not answer: {str(error).splitlines()[0]}",
                f"See it work with `openstack --os-cloud {entry} server list`",
            ) from error
    return cloud
