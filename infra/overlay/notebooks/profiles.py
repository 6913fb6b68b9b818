"""Profiles: what a person may choose; who asks for a model gets that model and no other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from infra import accelerators, images, names
from infra.overlay.base.places import SESSIONS

if TYPE_CHECKING:
    from infra.accelerators import Model
    from infra.site import Site

__all__ = ["session"]


def session(site: Site) -> dict[str, Any]:
    """What the hub is told of sessions."""
    wanted = site.notebooks
    assert wanted  # noqa: S101 - there are notebooks
    models = [accelerators.models()[model] for model in site.cards]
    return {
        "namespace": SESSIONS,
        "image": images.reference(site.registry, "notebooks/session"),
        "labels": _LABELS,
        "patience": wanted.patience,
        "cpus": wanted.millicpus / 1000,
        "memory": f"{wanted.memory}M",
        "profiles": [*(_with(model) for model in models), _PLAIN],
    }


_LABELS = {f"{names.LABELS}/session": "true"}

_PLAIN = {
    "slug": "cpu",
    "display_name": "CPU only",
    "description": "No accelerator",
    "kubespawner_override": {},
}


def _with(model: Model) -> dict[str, Any]:
    one = {model.resource: "1"}
    only_there = {"key": names.ACCELERATOR, "operator": "In", "values": [model.name]}
    return {
        "slug": model.name,
        "display_name": f"{model.kind.upper()} {model.name}",
        "description": f"One {model.label} with {model.memory} GiB, as soon as you ask",
        "kubespawner_override": {
            "extra_resource_guarantees": one,
            "extra_resource_limits": one,
            # no headroom is made while a session with this label waits for its place
            "extra_labels": {**_LABELS, names.ACCELERATOR: model.name},
            "node_affinity_required": [{"matchExpressions": [only_there]}],
        },
    }
