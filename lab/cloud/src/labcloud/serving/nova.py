"""Nova in one process: conductor, scheduler, a compute service for each host, and the API."""

from __future__ import annotations

import shlex
import sys
import uuid
from importlib import import_module
from typing import TYPE_CHECKING, Any, Self

from nova import monkey_patch

monkey_patch.patch(backend="threading")  # before any other import of Nova

# ruff: noqa: E402
import nova.conf
import os_brick
import os_vif
from nova import context, service, utils
from nova.compute import rpcapi as compute_rpc
from nova.conductor import rpcapi as conductor_rpc
from nova.objects import host_mapping
from nova.virt import block_device, node
from nova.wsgi.osapi_compute import application
from oslo_privsep import priv_context

from labcloud import private_files, waiting
from labcloud.configuration.nova import DRIVER
from labcloud.serving import Parts

if TYPE_CHECKING:
    from labcloud.settings import Settings

__all__ = ["start"]

CONTROL = "control"
"""Host name of conductor and scheduler."""
LIMIT_S = 180
DRIVER_MODULE = "labcloud.nova.driver"


def start(settings: Settings) -> Parts:
    """Start all parts; return when every compute host can take servers."""
    options = nova.conf.CONF
    priv_context.init(root_helper=shlex.split(utils.get_root_helper()))
    os_brick.setup(options)
    os_vif.initialize()
    if options.compute_driver == DRIVER:
        # Nova imports drivers from nova.virt only
        sys.modules["nova.virt." + DRIVER.partition(".")[0]] = import_module(DRIVER_MODULE)
    block_device.CONF = _OptionsOfAllHosts(settings.hosts)
    _write_node_id(settings)
    parts = [
        _start("nova-conductor", CONTROL, topic=conductor_rpc.RPC_TOPIC),
        _start("nova-scheduler", CONTROL, topic="scheduler"),
    ]
    for needed in ("keystone", "placement"):  # a compute service reports to Placement
        url = settings.health(needed)
        waiting.until(
            lambda url=url: waiting.answers(url),  # type: ignore[misc]
            LIMIT_S,
            f"{needed} did not answer",
        )
    parts += [
        _start(
            "nova-compute",
            host,
            topic=compute_rpc.RPC_TOPIC,
            topic_alt=compute_rpc.RPC_TOPIC_ALT,
        )
        for host in settings.hosts
    ]
    host_mapping.discover_hosts(context.get_admin_context())
    return Parts(application, [part.stop for part in reversed(parts)])


def _start(binary: str, host: str, **more: str) -> Any:
    part = service.Service.create(binary=binary, host=host, **more)
    part.start()
    return part


def _write_node_id(settings: Settings) -> None:
    """Write the node id file, without which nova-compute refuses to start again.

    It contains the id of the only compute node of a machine. This machine has several nodes, whose
    ids the driver derives from their names, so the content of the file is not used.
    """
    path = settings.own_state("nova") / node.COMPUTE_ID_FILE
    if not path.exists():
        private_files.write(path, str(uuid.uuid5(uuid.NAMESPACE_DNS, settings.site)))


class _AnyOf(str):
    """A host name that is equal to the names of all compute hosts."""

    __slots__ = ("_names",)

    def __new__(cls, names: tuple[str, ...]) -> Self:
        made = super().__new__(cls, names[0])
        made._names = names
        return made

    def __eq__(self, other: object) -> bool:
        return other in self._names

    def __ne__(self, other: object) -> bool:
        return other not in self._names

    __hash__ = str.__hash__


class _OptionsOfAllHosts:
    """Nova's options, in which `host` is equal to every compute host.

    A detach compares the server's host with the host of the process. Without this class a volume
    would stay attached to machines of all other hosts.
    """

    def __init__(self, hosts: tuple[str, ...]) -> None:
        self.host = _AnyOf(hosts)

    def __getattr__(self, name: str) -> Any:
        return getattr(nova.conf.CONF, name)
