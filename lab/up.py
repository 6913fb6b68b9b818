"""`up`: have a site's lab run. Each step looks first, so that any start can be resumed."""

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
    host,
    identity,
    machine_image,
    mirror,
    network,
    seed,
    way_in,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Future
    from pathlib import Path

    from lab.instance import Instance
    from lab.progress import Progress

__all__ = ["refuse_early", "up"]


def refuse_early(instance: Instance) -> None:
    """Say what would not work, before anything is changed.

    Raises:
        ForegroundError: this is not root, the kernel is another, or a port is taken.
    """
    if os.geteuid() != 0:
        raise ForegroundError(
            "a lab makes network namespaces, mounts and control groups, which needs root",
            f"sudo make lab SITE={instance.site}",
        )
    if not any(path.name == "memory" for path in cgroups.hierarchies()):
        raise ForegroundError(
            "this kernel keeps control groups of version 2 only, and the lab needs version 1",
            "add systemd.unified_cgroup_hierarchy=0 to the kernel's command line, and restart",
        )
    way_in.refuse_taken_ports(instance)
    identity.refuse_taken_port(instance)


def up(instance: Instance, progress: Progress, *, with_mirror: bool) -> None:
    """Have everything run; what runs as it should is left alone."""
    instance.claim()
    for folder in (instance.state, instance.run):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    host.take(instance.site)
    if network.make(instance):
        progress.say(f"network namespace {instance.netns}")
    with _beside() as beside:  # what takes the processor is made while the services start
        image = beside.submit(machine_image.build, progress.say)
        site = [beside.submit(one.up, instance) for one in (mirror, identity) if with_mirror]
        _ways(instance, progress)
        _cloud(instance, image, progress)
        for part in site:
            part.result()


@contextmanager
def _beside() -> Iterator[ThreadPoolExecutor]:
    """Work beside this thread, one thing at a time; after an error nothing new is begun."""
    pool = ThreadPoolExecutor(1)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _ways(instance: Instance, progress: Progress) -> None:
    for what, start in (
        ("forwarder", way_in.up),
        (f"jump host {instance.bastion} port {bastion.PORT}", bastion.up),
        (f"name server {instance.inside}", dns.up),
    ):
        if start(instance):
            progress.say(what)


def _cloud(instance: Instance, image: Future[Path], progress: Progress) -> None:
    started = controlplane.up(instance, progress)
    controlplane.wait(instance)  # also what an interrupted start has started
    if started:
        progress.say(f"OpenStack answers: {', '.join(way_in.API_PORTS)}")
    clouds.write(instance)
    if not seed.planted(instance):
        seed.plant(instance, image.result(), progress)
