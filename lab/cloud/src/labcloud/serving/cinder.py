"""Cinder in one process: the volume service, then the scheduler, then the API."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING

from cinder import monkey_patch

monkey_patch.patch(backend="threading")  # before any other import of Cinder

# ruff: noqa: E402
import os_brick
from cinder import context, objects, policy, service, utils
from cinder.wsgi import wsgi
from oslo_config import cfg
from oslo_log import log
from oslo_privsep import priv_context

from labcloud import waiting
from labcloud.configuration import main_file
from labcloud.configuration.cinder import BACKEND
from labcloud.serving import Parts

if TYPE_CHECKING:
    from labcloud.settings import Settings

__all__ = ["start"]

LOG = log.getLogger(__name__)
LIMIT_S = 60


class OwnHeartbeat(service.Service):  # type: ignore[misc]  # untyped base
    """A service that sends heartbeats under its own id, also after an error.

    Cinder stores the id in an attribute of the class, because it expects one service per process.
    With two, the volume service sent heartbeats under the id of the scheduler, which started
    later, and counted as down: every new volume failed with "volume service is down".
    """

    def report_state(self) -> None:
        """Write a heartbeat of this service to the database."""
        try:
            row = objects.Service.get_by_id(context.get_admin_context(), self.origin_service_id)
            row.report_count += 1
            row.save()
        except Exception:  # an exception would end the timer
            LOG.exception(
                "%s could not write its heartbeat; it tries again at the next interval",
                self.binary,
            )


def start(settings: Settings) -> Parts:
    """Start all parts; return when the scheduler knows the capabilities of the backend."""
    sys.argv = ["cinder", "--config-file", str(main_file(settings, "cinder"))]
    application = wsgi.initialize_application()
    priv_context.init(root_helper=shlex.split(utils.get_root_helper()))
    os_brick.setup(cfg.CONF)
    policy.init()  # as in Neutron: otherwise the first requests race for it (Nova has a lock)
    volume = OwnHeartbeat.create(
        host=f"{cfg.CONF.host}@{BACKEND}",
        service_name=BACKEND,
        binary="cinder-volume",
        topic="cinder-volume",
        coordination=True,
    )
    scheduler = OwnHeartbeat.create(binary="cinder-scheduler", topic="cinder-scheduler")
    for part in (volume, scheduler):
        part.start()
        part.report_state()  # it counts as down until its first heartbeat
    hosts = scheduler.manager.driver.host_manager.service_states
    waiting.until(
        lambda: volume.host in hosts, LIMIT_S, "the volume service did not report its capabilities"
    )
    return Parts(application, [scheduler.stop, volume.stop])
