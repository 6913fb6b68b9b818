"""What the mirror offers: which images and downloads there are, and which programs make them."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from infra import images as sources
from infra import versions
from lab.mirror import cache
from lab.mirror.artefacts import Artefact
from lab.mirror.base import base
from lab.mirror.children import run
from lab.mirror.images import Image
from lab.mirror.layers import File, Layer, Link, layer
from lab.mirror.layouts import Layout
from toolchain import containers
from toolchain.programs import ACCELERATORS

if TYPE_CHECKING:
    from collections.abc import Mapping

    Programs = Mapping[str, Path]
    """The toolchain's programs by name."""

KUBERNETES = f"v{versions.KUBERNETES}"
CONTAINERD = f"v{versions.CONTAINERD}"
PAUSE = Path(__file__).with_name("pause.c")

TRUE_REFERENCES = (
    f"registry.k8s.io/coredns/coredns:v{versions.COREDNS}",
    f"registry.k8s.io/etcd:{versions.ETCD}-0",
)
"""Kubeadm's own tags of these two are older than what they hold here, which a label says."""

MACHINE_PROGRAMS = {"kubeadm": "kube", "kubectl": "kubectl", "kubelet": "kube"}
"""What a machine downloads, and which program of the toolchain it is."""
CONTAINERD_PROGRAMS = ("containerd", "containerd-shim-runc-v2", "ctr")


def images(programs: Programs) -> tuple[Image, ...]:
    """All images; those of the cluster under the tags that kubeadm asks for."""
    recipes = {
        "registry.k8s.io/coredns/coredns": _coredns,
        "registry.k8s.io/etcd": _etcd,
        "registry.k8s.io/pause": _pause,
    }
    made = []
    for reference in dict.fromkeys((*kubeadm_images(programs["kube"]), *TRUE_REFERENCES)):
        name, _, tag = reference.rpartition(":")
        recipe = recipes.get(name, _kubernetes)
        made.append(recipe(programs, name, tag))
    others = (_kube_router, _podnet, _kueue, _accelerators)
    return (*made, *(recipe(programs) for recipe in others))


def own_images() -> tuple[Layout, ...]:
    """Those that services/ has Containerfiles for; what is missing is built now."""
    built = containers.build_all()
    return tuple(
        Layout(sources.repository(name), sources.key(name), folder)
        for name, folder in built.items()
        if name != sources.BASE  # a layer of the others, and no pod's image
    )


def kubeadm_images(kube: Path) -> list[str]:
    """The references that this kubeadm pulls, asked of itself."""
    with tempfile.TemporaryDirectory() as folder:
        kubeadm = Path(folder) / "kubeadm"
        kubeadm.symlink_to(kube.resolve())
        command = [str(kubeadm), "config", "images", "list", "--kubernetes-version", KUBERNETES]
        return run(command, "kubeadm does not list its images").decode().split()


def _program(source: Path, path: str) -> Layer:
    return layer([File(path, source)])


def _kubernetes(programs: Programs, name: str, tag: str) -> Image:
    """One program of the multi-call binary: base and binary are layers that all four share."""
    program = name.rpartition("/")[2]
    called = layer([Link(f"usr/local/bin/{program}", "kube")])
    binary = _program(programs["kube"], "usr/local/bin/kube")
    return Image(name, tag, (base(), binary, called))


def _etcd(programs: Programs, name: str, tag: str) -> Image:
    found = [File(f"usr/local/bin/{name}", programs[name]) for name in ("etcd", "etcdctl")]
    return Image(name, tag, (layer(found),), version=versions.ETCD)


def _coredns(programs: Programs, name: str, tag: str) -> Image:
    program = _program(programs["coredns"], "coredns")
    return Image(name, tag, (program,), ("/coredns",), version=versions.COREDNS)


def _pause(_programs: Programs, name: str, tag: str) -> Image:
    binary = cache.kept("pause", ["pause", PAUSE.read_text()], _compile_pause) / "pause"
    return Image(name, tag, (_program(binary, "pause"),), ("/pause",), user="65535:65535")


def _compile_pause(aside: Path) -> None:
    command = ["gcc", "-Os", "-Wall", "-static", "-s", "-o", str(aside / "pause"), str(PAUSE)]
    run(command, "the pause program cannot be compiled")


def _kube_router(programs: Programs) -> Image:
    """The k3s fork, of which there is no image, under the name of what it is a fork of."""
    return Image(
        "docker.io/cloudnativelabs/kube-router",
        f"v{versions.KUBE_ROUTER.partition('-')[0]}",
        (base(), _program(programs["kube-router"], "usr/local/bin/kube-router")),
        ("/usr/local/bin/kube-router",),
    )


def _podnet(programs: Programs) -> Image:
    """Our own program, so under no upstream's name."""
    binary = _program(programs["podnet"], "usr/local/bin/podnet")
    tag = f"v{versions.PODNET}"
    return Image("foreground/podnet", tag, (base(), binary), ("/usr/local/bin/podnet",))


def _kueue(programs: Programs) -> Image:
    """The manager alone, where upstream's manifests look for it."""
    program = _program(programs["kueue"], "manager")
    name, tag = "registry.k8s.io/kueue/kueue", f"v{versions.KUEUE}"
    return Image(name, tag, (program,), ("/manager",), user="65532:65532")


def _accelerators(programs: Programs) -> Image:
    """The lab's device plugin, which the site file names; root, as the kubelet's folder asks."""
    program = _program(programs["accelerators"], "accelerators")
    tag = f"v{ACCELERATORS}"
    return Image("foreground/accelerators", tag, (program,), ("/accelerators",))


def artefacts(programs: Programs) -> tuple[Artefact, ...]:
    """All downloads, at upstream's addresses."""
    containerd = [File(f"bin/{name}", programs[name]) for name in CONTAINERD_PROGRAMS]
    archive = f"containerd-{versions.CONTAINERD}-linux-amd64.tar.gz"
    return (
        *(
            Artefact(f"dl.k8s.io/{release}/bin/linux/amd64/{name}", programs[program], ".sha256")
            for name, program in MACHINE_PROGRAMS.items()
            for release in (KUBERNETES, f"release/{KUBERNETES}")
        ),
        Artefact(
            f"github.com/containerd/containerd/releases/download/{CONTAINERD}/{archive}",
            tuple(containerd),
            ".sha256sum",
        ),
    )
