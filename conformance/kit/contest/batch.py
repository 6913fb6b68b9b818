"""Batch: Jobs as people submit them, as many as fill every accelerator and some that wait."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from conformance.kit.site.pods import CONFINED, UNPRIVILEGED, asks, condition, is_running
from conformance.kit.verdicts import Broken
from infra import names

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from conformance.kit.site.api import Cluster, Document
    from conformance.kit.site.observer import Observer

__all__ = ["JOB_LABEL", "QUEUE_LABEL", "Batch", "Place", "holders", "place"]

QUEUE_LABEL: Final = "kueue.x-k8s.io/queue-name"
PRIORITY_LABEL: Final = "kueue.x-k8s.io/priority-class"
JOB_LABEL: Final = "batch.kubernetes.io/job-name"
RUN_LABEL: Final = f"{names.LABELS}/conformance"
"""Label of all that this suite submits, and its value is the run."""
GRACE_S: Final = 1
CLEAR_S: Final = 120
WORK: Final = """
trap 'exit 143' TERM
while [ ! -e /tmp/finish ]; do
  n=0; while [ $n -lt BUSY ]; do n=$((n+1)); done
  sleep 0.2
done
"""
"""What a job does: some work and some rest, until it is told to finish."""


@dataclass(frozen=True)
class Place:
    """Where batch goes."""

    namespace: str
    queue: str


def place(cluster: Cluster) -> Place:
    """Find where batch goes: a queue in a namespace that the rules of batch hold for.

    Raises:
        Broken: There is none.
    """
    spaces = cluster.all("Namespace", labelSelector=f"{names.BATCH}=true")
    for space in sorted(item["metadata"]["name"] for item in spaces):
        queues = cluster.all("LocalQueue", space)
        if queues:
            return Place(space, queues[0]["metadata"]["name"])
    raise Broken(f"no namespace with the label {names.BATCH}=true has a LocalQueue")


@dataclass
class Batch:
    """Jobs of one run; all of them are gone when a `with` ends.

    Attributes:
        observer: Of Pods, Jobs and Workloads.
        where: Where they go.
        image: What they run; it has a shell.
        model: Of accelerator, one for each job.
        resource: What a pod asks for to have one.
        busy: How much each works: bounds of its loop, by job in turn.
        script: What each does.
        beside: Whether each pod has a second container, `beside`, that asks for no accelerator.
        run: Tells these jobs from all others.
    """

    observer: Observer
    where: Place
    image: str
    model: str
    resource: str
    busy: tuple[int, ...] = (0,)
    script: str = WORK
    beside: bool = False
    run: str = field(default_factory=lambda: secrets.token_hex(3))
    submitted: int = 0

    @property
    def cluster(self) -> Cluster:
        """Where."""
        return self.observer.cluster

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
            priority: Its priority class.
            queue_priority: Its priority class in the queue.
            dry_run: Only have the API server say whether it would take it.
        """
        name = f"conformance-{self.run}-{self.submitted}"
        document = self._job(name, priority, queue_priority)
        self.cluster.create("Job", self.where.namespace, document, dry_run=dry_run)
        self.submitted += not dry_run
        return name

    def submit_many(self, count: int) -> list[str]:
        """Submit some jobs."""
        return [self.submit() for _ in range(count)]

    @staticmethod
    def number(job: str) -> int:
        """Return in which order a job was submitted."""
        return int(job.rpartition("-")[2])

    def jobs(self) -> list[Document]:
        """All jobs of this run."""
        return [j for j in self.observer.all("Job") if self._is_ours(j)]

    def pods(self) -> list[Document]:
        """Pods of jobs of this run, running or not."""
        return [p for p in self.observer.all("Pod") if self._is_ours(p)]

    def running(self) -> list[Document]:
        """Pods of this run that have their accelerator."""
        return [pod for pod in self.pods() if is_running(pod)]

    def running_jobs(self) -> set[str]:
        """Jobs of this run that have their accelerator and want to keep it."""
        jobs = {pod["metadata"]["labels"][JOB_LABEL] for pod in self.running()}
        return {job for job in jobs if not self.is_finished(job)}

    def waiting(self) -> list[Document]:
        """Jobs of this run that Kueue keeps back."""
        return [job for job in self.jobs() if job["spec"].get("suspend")]

    def keep_waiting(self, count: int) -> None:
        """Have at least so many jobs wait, so that no place stays free."""
        missing = count - len(self.waiting())
        for _ in range(missing):
            self.submit()

    def finish(self, job: str) -> None:
        """Tell a running job that it has done enough."""
        pod = next(
            (p for p in self.running() if p["metadata"]["labels"].get(JOB_LABEL) == job), None
        )
        if not pod:
            raise Broken(f"the job {job} does not run, and cannot be told to finish")
        self.cluster.run(pod["metadata"]["name"], self.where.namespace, "touch", "/tmp/finish")  # noqa: S108

    def is_finished(self, job: str) -> bool:
        """Tell whether a job ended well."""
        found = self.observer.one("Job", f"{self.where.namespace}/{job}")
        return bool(found and condition(found, "Complete").get("status") == "True")

    def workload(self, job: str) -> Document | None:
        """Kueue's own account of a job."""
        for one in self.observer.all("Workload"):
            owners = one["metadata"].get("ownerReferences", [])
            if any(owner["kind"] == "Job" and owner["name"] == job for owner in owners):
                return one
        return None

    def clear(self) -> None:
        """Delete all jobs of this run, and wait until they hold nothing."""
        for job in self.jobs():
            self.cluster.delete("Job", job["metadata"]["name"], self.where.namespace)
        self.observer.becomes(
            lambda: not self.pods() and not self.jobs(), "the jobs of this run to be gone", CLEAR_S
        )

    def _is_ours(self, document: Document) -> bool:
        labels = document["metadata"].get("labels", {})
        return bool(labels.get(RUN_LABEL) == self.run)

    def _job(self, name: str, priority: str, queue_priority: str) -> Document:
        labels = {RUN_LABEL: self.run}
        queued = {QUEUE_LABEL: self.where.queue}
        if queue_priority:
            queued[PRIORITY_LABEL] = queue_priority
        script = self.script.replace("BUSY", str(self.busy[self.submitted % len(self.busy)]))
        containers = [self._container("work", script, {self.resource: "1"})]
        if self.beside:
            containers.append(self._container("beside", script, {}))
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
                        "securityContext": UNPRIVILEGED,
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
            "securityContext": CONFINED,
        }


def holders(observer: Observer, resource: str) -> list[Document]:
    """Running pods that have an accelerator, whoever's they are."""
    return [p for p in observer.all("Pod") if asks(p, resource) and is_running(p)]
