"""Session profiles of the hub: one for each accelerator model of the site, and one without."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from infra import accelerators, images, names
from infra.overlay.base.addresses import SESSIONS

if TYPE_CHECKING:
    from infra.accelerators import Model
    from infra.site import Site

__all__ = ["session"]


def session(site: Site) -> dict[str, Any]:
    """Return the hub's settings for sessions."""
    settings = site.notebooks
    assert settings  # noqa: S101 - only a site with notebooks has a hub
    models = [accelerators.models()[model] for model in site.cards]
    return {
        "namespace": SESSIONS,
        "image": images.reference(site.registry, "notebooks/session"),
        "labels": _LABELS,
        "patience": settings.patience,
        "cpus": settings.millicpus / 1000,
        "memory": f"{settings.memory}M",
        "profiles": [*(_profile(model) for model in models), _PLAIN],
    }


_LABELS: Final = {names.SESSION: "true"}

_PLAIN: Final = {
    "slug": "cpu",
    "display_name": "CPU only",
    "description": "No accelerator",
    "kubespawner_override": {},
}


def _profile(model: Model) -> dict[str, Any]:
    """Return the profile of a model; a session with it gets this model and no other."""
    one = {model.resource: "1"}
    this_model = {"key": names.ACCELERATOR, "operator": "In", "values": [model.name]}
    return {
        "slug": model.name,
        "display_name": f"{model.kind.upper()} {model.name}",
        "description": f"One {model.label} with {model.memory} GiB, as soon as you ask",
        "kubespawner_override": {
            "extra_resource_guarantees": one,
            "extra_resource_limits": one,
            # the headroom keeper creates no placeholder while a session with this label waits
            "extra_labels": {**_LABELS, names.ACCELERATOR: model.name},
            "node_affinity_required": [{"matchExpressions": [this_model]}],
        },
    }
