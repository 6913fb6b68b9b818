"""Variables of the Ansible role `runtime`: containerd, its registry mirror, images to pull."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from infra import images, versions

if TYPE_CHECKING:
    from infra.cluster.host import Host
    from infra.site import Site

__all__ = ["variables"]

_RELEASES: Final = "github.com/containerd/containerd/releases/download"


def variables(site: Site, host: Host, control: Host) -> dict[str, Any]:  # noqa: ARG001 - as all roles
    """Return the role's variables.

    Images that capabilities list in ``worker_images`` are pulled by every worker. A new tag is an
    update of all workers, and the overlay refers to it only after that update.
    """
    mirrors = site.mirrors
    pulled = [images.reference(site.registry, name) for name in site.worker_images]
    return {
        "runtime_version": versions.CONTAINERD,
        "runtime_artefacts": mirrors.artefacts and f"{mirrors.artefacts}/{_RELEASES}",
        "runtime_registry_mirror": mirrors.registry,
        "runtime_registry_ca_file": str((mirrors.registry and mirrors.ca_file) or ""),
        "runtime_images": pulled if pulled and host.wanted.role == "worker" else None,
    }
