"""`up` command: start a lab. Every step checks first, so that a start can be resumed."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

from infra.errors import ForegroundError
from lab import (
    bastion,
    cgroups,
    clouds,
    controlplane,
    dns,
    forwarding,
    host_settings,
    identity,
    machine_image,
    mirror,
    network,
    seed,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Future
    from pathlib import Path

    from lab.instance import LabInstance
    from lab.progress import Progress

__all__ = ["refuse_early", "up"]


def refuse_early(instance: LabInstance) -> None:
    """Check what a lab needs, before anything is changed.

    Raises:
        ForegroundError: The user is not root, the kernel has no cgroup v1, or a port is taken.
    """
    if os.geteuid() != 0:
        raise ForegroundError(
            "a lab makes network namespaces, mounts and control groups, which needs root",
            f"sudo make lab SITE={instance.site}",
        )
    if not any(path.name == "memory" for path in cgroups.hierarchies()):
        raise ForegroundError(
            "this kernel has control groups of version 2 only, but the lab needs version 1",
            "add systemd.unified_cgroup_hierarchy=0 to the kernel's command line, and restart",
        )
    forwarding.refuse_taken_ports(instance)
    identity.refuse_taken_port(instance)


def up(instance: LabInstance, progress: Progress, *, with_mirror: bool) -> None:
    """Start everything that does not run with the current settings."""
    instance.claim()
    for folder in (instance.state, instance.run):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    host_settings.apply(instance.site)
    if network.make(instance):
        progress.say(f"network namespace {instance.netns}")
    with _background() as background:  # image and mirror are built while the services start
        image = background.submit(machine_image.build, progress.say)
        site = [background.submit(one.up, instance) for one in (mirror, identity) if with_mirror]
        _access(instance, progress)
        _cloud(instance, image, progress)
        for part in site:
            part.result()


@contextmanager
def _background() -> Iterator[ThreadPoolExecutor]:
    """Run jobs in one other thread; after an error no further job is started."""
    pool = ThreadPoolExecutor(1)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _access(instance: LabInstance, progress: Progress) -> None:
    for what, start in (
        ("forwarder", forwarding.up),
        (f"jump host {instance.bastion} port {bastion.PORT}", bastion.up),
        (f"name server {instance.inside}", dns.up),
    ):
        if start(instance):
            progress.say(what)


def _cloud(instance: LabInstance, image: Future[Path], progress: Progress) -> None:
    started = controlplane.up(instance, progress)
    controlplane.wait(instance)  # also for services that an interrupted start has started
    if started:
        progress.say(f"OpenStack answers: {', '.join(forwarding.API_PORTS)}")
    clouds.write(instance)
    if not seed.is_complete(instance):
        seed.create(instance, image.result(), progress)
