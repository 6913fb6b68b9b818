"""GPU-01: a session sees the accelerator that it asked for, and no other."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from conformance.kit.contest.batch import JOB_LABEL, Batch, place
from conformance.kit.requirements import MUST, requirement

if TYPE_CHECKING:
    from conformance.kit.contest.evictions import Spaces
    from conformance.kit.people.accounts import Crowd
    from conformance.kit.people.person import Person, Profile
    from conformance.kit.record import Record
    from conformance.kit.site.api import Document
    from conformance.kit.site.observer import Observer
    from conformance.kit.site.site_under_test import View

LOOK = """
import errno, glob, json, os, stat
def opens(path):
    try:
        os.close(os.open(path, os.O_RDWR))
    except OSError as error:  # with ENXIO it was let through, and there is no driver behind it
        return error.errno == errno.ENXIO
    return True
def makes(number):
    path = f"/tmp/neighbour-{number}"
    try:
        os.mknod(path, stat.S_IFCHR | 0o600, os.makedev(195, number))
        return opens(path)
    except OSError:
        return False
    finally:
        if os.path.exists(path):
            os.unlink(path)
cards = range(16)
print(json.dumps({
    "seen": sorted(glob.glob("/dev/nvidia[0-9]*")),
    "opened": [path for path in (f"/dev/nvidia{n}" for n in cards) if opens(path)],
    "made": [n for n in cards if makes(n)],
}))
"""
"""What a session tries: NVIDIA's device files are number 195."""

SAME_IN_SHELL = """
for card in /dev/nvidia[0-9]*; do if [ -e "$card" ]; then echo "$card"; fi; done
"""


@requirement(
    "GPU-01",
    MUST,
    "25e9a3af-11a1-4f3c-97ce-818bc1d1c02c",
    "A session sees and opens the accelerator that it asked for and no other; unasked, none.",
    needs=("accelerators", "notebooks", "queueing"),
)
def test_a_session_sees_its_own_accelerator_and_no_other(
    crowd: Crowd, view: View, observer: Observer, spaces: Spaces, record: Record
) -> None:
    record.only("device files of sessions and of batch; nobody asked NVML, which needs a driver")
    model = max(view.models, key=view.models.__getitem__)
    one, other = crowd.members(2)
    first = started(one, crowd.choice(one, model), view, observer, spaces)
    second = started(other, crowd.choice(other, model), view, observer, spaces)
    theirs = [seen_by(person) for person in (one, other)]
    for seen in theirs:
        assert len(seen["seen"]) == 1, f"a session with one accelerator sees {seen['seen']}"
        assert seen["opened"] == seen["seen"], f"of {seen['seen']} it opens {seen['opened']}"
        assert not seen["made"], "a session makes itself a device file of a neighbour's"
        record.sample(session=model, **seen)
    held = [
        (p["spec"]["nodeName"], *s["seen"]) for p, s in zip((first, second), theirs, strict=True)
    ]
    assert held[0] != held[1], f"two sessions have the same accelerator: {held[0]}"

    two_containers(
        Batch(observer, place(observer.cluster), image_of(first), model, view.resource(model)),
        record,
    )

    one.stop()
    plain = [choice for choice in one.profiles() if choice.value not in view.models]
    for choice in plain:
        started(one, choice, view, observer, spaces)
        seen = seen_by(one)
        assert seen == {"seen": [], "opened": [], "made": []}, f"without asking it sees {seen}"
        record.sample(session=choice.value, **seen)
        one.stop()


def two_containers(batch: Batch, record: Record) -> None:
    """Of two containers in a pod, only the one that asks sees an accelerator."""
    batch.script, batch.beside = SAME_IN_SHELL, True
    with batch:
        job = batch.submit()
        batch.observer.becomes(lambda: batch.is_finished(job), "a small job to finish", 180)
        pod = next(p for p in batch.pods() if p["metadata"]["labels"][JOB_LABEL] == job)
        said = {
            name: batch.cluster.logs(pod["metadata"]["name"], batch.where.namespace, name).split()
            for name in ("work", "beside")
        }
    assert len(said["work"]) == 1, f"the container that asks for one sees {said['work']}"
    assert not said["beside"], (
        f"the container beside it, which asks for none, sees {said['beside']}"
    )
    record.sample(session="two containers", **said)


def started(
    person: Person, profile: Profile, view: View, observer: Observer, spaces: Spaces
) -> Document:
    """Start a session; return its pod."""
    assert view.site.notebooks
    person.start(profile, view.site.notebooks.patience)
    return spaces.session(observer, person)


def seen_by(person: Person) -> dict[str, Any]:
    """What a session sees."""
    seen: dict[str, Any] = json.loads(person.kernel().run(LOOK))
    return seen


def image_of(pod: Document) -> str:
    """The image of a session: it has a shell, and every worker has it."""
    return str(pod["spec"]["containers"][0]["image"])
