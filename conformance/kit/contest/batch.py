"""Batch: Jobs of a test, submitted to a LocalQueue as people submit theirs."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from conformance.kit.site.kinds import JOB, POD
from conformance.kit.site.pods import (
    RESTRICTED_CONTAINER,
    RESTRICTED_POD,
    condition,
    is_running,
    requested,
)
from conformance.kit.verdicts import Broken
from infra import names

from .queues import PRIORITY_LABEL, QUEUE_LABEL

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from conformance.kit.site.api import KubeApi
    from conformance.kit.site.kinds import Document
    from conformance.kit.site.observer import Observer

    from .queues import BatchQueue

__all__ = ["JOB_LABEL", "Batch", "pods_holding"]

JOB_LABEL: Final = "batch.kubernetes.io/job-name"
RUN_LABEL: Final = f"{names.LABELS}/conformance"
"""Label of everything that this suite submits; its value is the id of the run."""
GRACE_S: Final = 1
CLEAR_S: Final = 120
WORK: Final = """
trap 'exit 143' TERM
while [ ! -e /tmp/finish ]; do
  n=0; while [ $n -lt BUSY ]; do n=$((n+1)); done
  sleep 0.2
done
"""
"""Script of a job: it alternates between work and sleep until the file /tmp/finish exists."""


@dataclass
class Batch:
    """Jobs of one test; the end of a `with` deletes them.

    Attributes:
        observer: Of Pods, Jobs and Workloads.
        queue: Queue that they are submitted to.
        image: Image of their containers, with a shell.
        model: Accelerator model; each job requests one accelerator.
        resource: Kubernetes resource of that model.
        busy: Bounds of the loop in the script; the jobs take them in turn.
        script: Shell script of each job.
        second: Whether each pod has another container, `second`, which requests no accelerator.
        run: Value of the label that marks these jobs.
        submitted: How many were submitted.
    """

    observer: Observer
    queue: BatchQueue
    image: str
    model: str
    resource: str
    busy: tuple[int, ...] = (0,)
    script: str = WORK
    second: bool = False
    run: str = field(default_factory=lambda: secrets.token_hex(3))
    submitted: int = 0

    @property
    def api(self) -> KubeApi:
        """Client of the cluster's API."""
        return self.observer.api

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.clear()

    def submit(
        self, *, priority: str = "batch", queue_priority: str = "", dry_run: bool = False
    ) -> str:
        """Submit one job; return its name.

        Args:
            priority: Its PriorityClass.
            queue_priority: Its WorkloadPriorityClass; empty for none.
            dry_run: Whether the API server only checks it and stores nothing.
        """
        name = f"conformance-{self.run}-{self.submitted}"
        document = self._job(name, priority, queue_priority)
        self.api.create(JOB, self.queue.namespace, document, dry_run=dry_run)
        self.submitted += not dry_run
        return name

    def submit_many(self, count: int) -> list[str]:
        """Submit some jobs and return their names."""
        return [self.submit() for _ in range(count)]

    @staticmethod
    def number(job: str) -> int:
        """Return the number of a job, in the order in which the jobs were submitted."""
        return int(job.rpartition("-")[2])

    def jobs(self) -> list[Document]:
        """Return all jobs of this run."""
        return [j for j in self.observer.all(JOB) if self._is_ours(j)]

    def pods(self) -> list[Document]:
        """Return all pods of this run, running or not."""
        return [p for p in self.observer.all(POD) if self._is_ours(p)]

    def running(self) -> list[Document]:
        """Return the running pods of this run, each of which holds an accelerator."""
        return [pod for pod in self.pods() if is_running(pod)]

    def running_jobs(self) -> set[str]:
        """Return the jobs of this run that hold an accelerator and are not finished."""
        jobs = {pod["metadata"]["labels"][JOB_LABEL] for pod in self.running()}
        return {job for job in jobs if not self.is_finished(job)}

    def waiting(self) -> list[Document]:
        """Return the suspended jobs of this run: Kueue has not admitted them."""
        return [job for job in self.jobs() if job["spec"].get("suspend")]

    def fill_backlog(self, count: int) -> None:
        """Submit jobs until some wait, so that a free accelerator is taken at once."""
        missing = count - len(self.waiting())
        for _ in range(missing):
            self.submit()

    def finish(self, job: str) -> None:
        """Let a running job finish.

        Raises:
            Broken: It does not run.
        """
        pod = next(
            (p for p in self.running() if p["metadata"]["labels"].get(JOB_LABEL) == job), None
        )
        if not pod:
            raise Broken(f"the job {job} does not run, so it cannot finish")
        name = pod["metadata"]["name"]
        self.api.execute(name, self.queue.namespace, "touch", "/tmp/finish")  # noqa: S108

    def is_finished(self, job: str) -> bool:
        """Tell whether a job is complete."""
        found = self.observer.one(JOB, f"{self.queue.namespace}/{job}")
        return bool(found and condition(found, "Complete").get("status") == "True")

    def clear(self) -> None:
        """Delete all jobs of this run, and wait until their pods are gone."""
        for job in self.jobs():
            self.api.delete(JOB, job["metadata"]["name"], self.queue.namespace)
        self.observer.wait_until(
            lambda: not self.pods() and not self.jobs(), "the jobs of this run to be gone", CLEAR_S
        )

    def _is_ours(self, document: Document) -> bool:
        labels = document["metadata"].get("labels", {})
        return bool(labels.get(RUN_LABEL) == self.run)

    def _job(self, name: str, priority: str, queue_priority: str) -> Document:
        labels = {RUN_LABEL: self.run}
        queued = {QUEUE_LABEL: self.queue.name}
        if queue_priority:
            queued[PRIORITY_LABEL] = queue_priority
        script = self.script.replace("BUSY", str(self.busy[self.submitted % len(self.busy)]))
        containers = [self._container("work", script, {self.resource: "1"})]
        if self.second:
            containers.append(self._container("second", script, {}))
        return {
            "metadata": {"name": name, "labels": labels | queued},
            "spec": {
                "backoffLimit": 0,
                "podReplacementPolicy": "Failed",
                "podFailurePolicy": {
                    "rules": [
                        {
                            "action": "Ignore",
                            "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}],
                        }
                    ]
                },
                "template": {
                    "metadata": {"labels": labels},
                    "spec": {
                        "restartPolicy": "Never",
                        "priorityClassName": priority,
                        "terminationGracePeriodSeconds": GRACE_S,
                        "automountServiceAccountToken": False,
                        "nodeSelector": {names.ACCELERATOR: self.model},
                        "containers": containers,
                        "securityContext": RESTRICTED_POD,
                    },
                },
            },
        }

    def _container(self, name: str, script: str, accelerators: dict[str, str]) -> Document:
        return {
            "name": name,
            "image": self.image,
            "command": ["sh", "-c", script],
            "resources": {
                "requests": {"cpu": "20m", "memory": "32Mi"},
                "limits": {"cpu": "200m", "memory": "64Mi"} | accelerators,
            },
            "securityContext": RESTRICTED_CONTAINER,
        }


def pods_holding(observer: Observer, resource: str) -> list[Document]:
    """Return all running pods of the site that hold an accelerator."""
    return [p for p in observer.all(POD) if requested(p, resource) and is_running(p)]
