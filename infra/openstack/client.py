"""The cloud's API itself, for what no provider of Pulumi's does."""

from __future__ import annotations

import warnings
from typing import Any, Final

from infra.errors import ForegroundError

__all__ = ["ANSWER", "connect"]

ANSWER: Final = 60.0
"""Seconds in which the cloud must answer each request: openstacksdk by itself waits for ever."""


def connect(entry: str, answer: float = ANSWER) -> Any:  # noqa: ANN401 - it ships no types
    """Return openstacksdk's connection to a cloud, logged in.

    Args:
        entry: Its name in clouds.yaml, which alone holds the credentials.
        answer: Seconds in which it must answer each request.

    Raises:
        ForegroundError: It does not answer.
    """
    import openstack  # noqa: PLC0415 - slow to import, and seldom needed

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openstacksdk warns of its own defaults
        try:
            cloud = openstack.connect(cloud=entry, api_timeout=answer)
            cloud.authorize()
        except Exception as error:
            raise ForegroundError(
                f"The cloud {entry} does not answer: {str(error).splitlines()[0]}",
                f"See it work with `openstack --os-cloud {entry} server list`",
            ) from error
    return cloud
