"""A machine's port in the cloud: as whom it may send besides itself, read and set."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from infra.errors import ForegroundError

from . import client as api

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Port"]

_POLICY: Final = "update_port:allowed_address_pairs"


@dataclass(frozen=True)
class Port:
    """One port, whose address pairs are all ours.

    Attributes:
        machine: Name of its machine, for sentences.
        entry: The cloud's name in clouds.yaml.
        id: In the cloud.
        connect: Logs in to the cloud.
    """

    machine: str
    entry: str
    id: str
    connect: Callable[[str], Any] = api.connect

    def pairs(self) -> list[str] | None:
        """Return the ranges that may leave it besides its own address; None where it is gone.

        A pair with another link address than the port's is none of ours, and says so.
        """
        cloud = self.connect(self.entry)
        with self._told():
            found = _found(cloud, self.id)
            return None if found is None else _ranges(found)

    def allow(self, *ranges: str) -> None:
        """Let exactly these ranges leave it; where that is so already, nothing is asked for.

        Raises:
            ForegroundError: The port is gone, or the cloud does not do it.
        """
        cloud = self.connect(self.entry)
        with self._told():
            found = _found(cloud, self.id)
            if found is None:
                raise ForegroundError(
                    f"The port of {self.machine} is gone from the cloud {self.entry}: {self.id}",
                    "Type `pulumi refresh`, then `pulumi up`, which makes another",
                )
            _set(cloud, found, ranges)

    def withdraw(self) -> None:
        """Let only its own address leave it; a port that is gone is none."""
        cloud = self.connect(self.entry)
        with self._told():
            found = _found(cloud, self.id)
            if found is not None:
                _set(cloud, found, ())

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Say in one sentence what the cloud did not do."""
        from keystoneauth1.exceptions import ClientException  # noqa: PLC0415 - slow to import
        from openstack import exceptions  # noqa: PLC0415 - the same

        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # openstacksdk warns of its own defaults
                yield
        except exceptions.ForbiddenException:
            raise ForegroundError(
                f"The project may not change address pairs of ports in the cloud {self.entry}, "
                f"so pods of {self.machine} reach no other machine",
                f"Ask its operators to permit {_POLICY}, then type `pulumi up` again",
            ) from None
        except exceptions.HttpException as error:
            raise ForegroundError(
                f"The cloud {self.entry} refuses address pairs of the port of {self.machine}: "
                f"{error.details or error.message}",
                f"Look at `openstack --os-cloud {self.entry} port show {self.id}`, "
                "then type `pulumi up` again",
            ) from None
        except (exceptions.SDKException, ClientException) as error:
            raise ForegroundError(
                f"The cloud {self.entry} does not answer about the port of {self.machine}: "
                f"{str(error).splitlines()[0]}",
                f"See it work with `openstack --os-cloud {self.entry} port show {self.id}`, "
                "then type `pulumi up` again",
            ) from None


def _found(cloud: Any, port: str) -> Any:  # noqa: ANN401 - openstacksdk ships no types
    """Return a port, or None where there is none."""
    from openstack import exceptions  # noqa: PLC0415 - slow to import

    try:
        return cloud.network.get_port(port)
    except exceptions.NotFoundException:
        return None


def _ranges(port: Any) -> list[str]:  # noqa: ANN401 - openstacksdk ships no types
    return sorted(
        pair["ip_address"]
        if pair.get("mac_address", port.mac_address) == port.mac_address
        else f"{pair['ip_address']} of {pair['mac_address']}"
        for pair in port.allowed_address_pairs or []
    )


def _set(cloud: Any, port: Any, ranges: tuple[str, ...]) -> None:  # noqa: ANN401 - as above
    if _ranges(port) != sorted(ranges):
        pairs = [{"ip_address": each} for each in ranges]
        cloud.network.update_port(port.id, allowed_address_pairs=pairs)
