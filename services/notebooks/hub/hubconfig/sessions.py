"""Sessions: KubeSpawner's traits for the pods of notebook servers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .homes import request_home

if TYPE_CHECKING:
    from .settings import Home, Session

__all__ = ["configure"]


def configure(c: Any, session: Session, home: Home) -> None:  # noqa: ANN401 - traitlets' Config is untyped
    """Set the traits of sessions.

    Args:
        c: JupyterHub's configuration object.
        session: Settings of the pods.
        home: Settings of the home directories.
    """
    c.JupyterHub.spawner_class = "kubespawner.KubeSpawner"
    c.Spawner.cmd = ["jupyterhub-singleuser"]
    c.Spawner.default_url = "/lab"
    c.Spawner.start_timeout = session["patience"]
    c.Spawner.http_timeout = 60
    pod = c.KubeSpawner
    pod.namespace = session["namespace"]
    pod.image = session["image"]
    pod.image_pull_policy = "IfNotPresent"
    pod.priority_class_name = "interactive"
    pod.extra_labels = session["labels"]
    pod.cpu_guarantee = session["cpus"]
    pod.mem_guarantee = pod.mem_limit = session["memory"]
    pod.delete_grace_period = 1
    pod.profile_list = session["profiles"]
    _restrict(pod)
    _mount(pod, home)


def _restrict(pod: Any) -> None:  # noqa: ANN401 - traitlets' Config is untyped
    """Satisfy Pod Security "restricted", and give no access to the Kubernetes API."""
    pod.automount_service_account_token = False
    pod.uid = pod.gid = pod.fs_gid = 1000
    pod.allow_privilege_escalation = False
    pod.container_security_context = {"capabilities": {"drop": ["ALL"]}}
    pod.pod_security_context = {
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def _mount(pod: Any, home: Home) -> None:  # noqa: ANN401 - traitlets' Config is untyped
    """Mount a person's folder, which the homes service creates before the pod."""
    pod.pre_spawn_hook = request_home(home)
    pod.volumes = [{"name": "home", "persistentVolumeClaim": {"claimName": home["claim"]}}]
    pod.volume_mounts = [
        {"name": "home", "mountPath": home["path"], "subPath": home["folder"]},
    ]
