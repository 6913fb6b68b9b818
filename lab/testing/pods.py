"""Test pods of the cluster network: web servers behind a Service, and two clients."""

from __future__ import annotations

import json
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from lab.mirror import certificates, servers
from toolchain.programs import PROGRAMS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lab.testing.site import Operator

__all__ = ["apply", "deny_all_but_friends", "reaches_service", "spread"]

NAMESPACE = "network-test"
# an image of the mirror with a shell and busybox's httpd and wget in it
(KUBE_ROUTER,) = PROGRAMS["kube-router"].images
REGISTRY = f"{certificates.NAME}:{servers.REGISTRY_PORT}"
IMAGE = f"{REGISTRY}/{KUBE_ROUTER.name}:{KUBE_ROUTER.tag}"
PORT = 8080
AGREE = 10
ASK = f"""
tries=0 agree=0 before=
until [ $tries -ge 60 ] || [ $tries -ge 20 -a $agree -ge {AGREE} ]; do
  now=$(busybox timeout 2 busybox wget -qO- "$1") || now=no
  echo "$now"
  if [ "$now" = "$before" ]; then agree=$((agree + 1)); else agree=1; fi
  before=$now tries=$((tries + 1))
done
"""
SERVE = f"mkdir /www && echo served > /www/index.html && exec busybox httpd -f -p {PORT} -h /www"


@contextmanager
def spread(operator: Operator) -> Iterator[str]:
    """Run a web server on every worker behind a Service, and two clients, for the block."""
    apply(operator, *_objects())
    try:
        operator.kubectl(
            *("wait", "pod", "--all", f"--namespace={NAMESPACE}"),
            *("--for=condition=Ready", "--timeout=90s"),
        )
        yield NAMESPACE
    finally:
        operator.kubectl("delete", "namespace", NAMESPACE, "--timeout=90s")


def deny_all_but_friends(operator: Operator, namespace: str) -> None:
    """Create a NetworkPolicy that admits only the client `friend` to the web servers."""
    spec = {
        "podSelector": {"matchLabels": {"app": "web"}},
        "ingress": [{"from": [{"podSelector": {"matchLabels": {"app": "friend"}}}]}],
    }
    kind = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy"}
    apply(operator, {**kind, "metadata": {"name": "web", "namespace": namespace}, "spec": spec})


def reaches_service(operator: Operator, namespace: str, client: str) -> bool:
    """Return whether a client gets a response from the Service, by its DNS name.

    A rule takes a moment to be in force, and one request may be late on a busy machine. So at
    least twenty requests are sent, and the last ten must have the same result.
    """
    url = f"http://web.{namespace}.svc.cluster.local:{PORT}/"
    results = operator.kubectl(
        *("exec", f"--namespace={namespace}", client, "--", "sh", "-c", ASK, "ask", url)
    ).split()
    last = results[-AGREE:]
    assert len(set(last)) == 1, f"neither open nor closed: {results}"  # noqa: S101
    return last[0] == "served"


def _objects() -> Iterator[dict[str, Any]]:
    yield {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
    yield {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web", "namespace": NAMESPACE},
        "spec": {"selector": {"app": "web"}, "ports": [{"port": PORT}]},
    }
    for node in ("t4-0", "t4-1"):
        yield _pod(f"web-{node}", "web", node, SERVE)
    for client in ("friend", "stranger"):
        yield _pod(client, client, "t4-0", "exec sleep 600")


def _pod(name: str, app: str, node: str, script: str) -> dict[str, Any]:
    container = {"name": "it", "image": IMAGE, "command": ["sh", "-c", script]}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": NAMESPACE, "labels": {"app": app}},
        "spec": {
            "containers": [container],
            "nodeSelector": {"kubernetes.io/hostname": node},
            "terminationGracePeriodSeconds": 0,
        },
    }


def apply(operator: Operator, *objects: dict[str, Any]) -> None:
    """Apply manifests with kubectl."""
    manifest = json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
    subprocess.run(
        ["kubectl", f"--kubeconfig={operator.instance.state}/kubeconfig", "apply", "--filename=-"],
        input=manifest,
        capture_output=True,
        text=True,
        check=True,
    )
