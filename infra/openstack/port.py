"""Allowed address pairs of one Neutron port: read, set, clear."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from infra.errors import ForegroundError

from . import client

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Port"]

_POLICY: Final = "update_port:allowed_address_pairs"


@dataclass(frozen=True)
class Port:
    """The port of one machine; all its address pairs are ours.

    Attributes:
        machine: Name of the machine, for messages.
        entry: The cloud's name in clouds.yaml.
        id: Id of the port in the cloud.
        connect: Logs in to the cloud.
    """

    machine: str
    entry: str
    id: str
    connect: Callable[[str], Any] = client.connect

    def pairs(self) -> list[str] | None:
        """Return the ranges that may leave the port besides its own address; None if it is gone.

        A pair with another MAC address than the port's is not ours; its text names that address.
        """
        cloud = self.connect(self.entry)
        with self._errors_in_one_sentence():
            port = _find(cloud, self.id)
            return None if port is None else _ranges(port)

    def allow(self, *ranges: str) -> None:
        """Allow exactly these ranges; if they are set already, nothing is requested.

        Raises:
            ForegroundError: The port is gone, or the cloud refuses.
        """
        cloud = self.connect(self.entry)
        with self._errors_in_one_sentence():
            port = _find(cloud, self.id)
            if port is None:
                raise ForegroundError(
                    f"The port of {self.machine} is gone from the cloud {self.entry}: {self.id}",
                    "Type `pulumi refresh`, then `pulumi up`, which makes another",
                )
            _set(cloud, port, ranges)

    def clear(self) -> None:
        """Allow no range besides the port's own address; a port that is gone is a success."""
        cloud = self.connect(self.entry)
        with self._errors_in_one_sentence():
            port = _find(cloud, self.id)
            if port is not None:
                _set(cloud, port, ())

    @contextmanager
    def _errors_in_one_sentence(self) -> Iterator[None]:
        """Convert openstacksdk's errors."""
        from keystoneauth1.exceptions import ClientException  # noqa: PLC0415 - slow to import
        from openstack import exceptions  # noqa: PLC0415 - the same

        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # openstacksdk warns about its own defaults
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


def _find(cloud: Any, port: str) -> Any:  # noqa: ANN401 - openstacksdk ships no types
    """Return a port, or None if there is none of that id."""
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
