"""GPU-01: which accelerators' device files a session and a batch pod can open."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from conformance.kit.contest.batch import JOB_LABEL, Batch
from conformance.kit.contest.queues import find_queue
from conformance.kit.requirements import LANES, MUST, requirement
from conformance.kit.site.pods import image_of

if TYPE_CHECKING:
    from conformance.kit.people.accounts import Accounts
    from conformance.kit.people.person import Person
    from conformance.kit.people.sessions import Sessions
    from conformance.kit.record import Record
    from conformance.kit.site.site_under_test import SiteUnderTest

PROBE = """
import errno, glob, json, os, stat
def opens(path):
    try:
        os.close(os.open(path, os.O_RDWR))
    except OSError as error:  # ENXIO: access is allowed, and there is no driver
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
"""What a session tries; 195 is the major number of NVIDIA's device files."""

PROBE_IN_SHELL = """
for card in /dev/nvidia[0-9]*; do if [ -e "$card" ]; then echo "$card"; fi; done
"""


@requirement(
    "GPU-01",
    MUST,
    "25e9a3af-11a1-4f3c-97ce-818bc1d1c02c",
    "A session sees and opens the accelerator that it asked for and no other one; a session that "
    "asked for none sees none.",
    needs=("accelerators", "notebooks", "queueing"),
    part_on=LANES,
)
def test_a_session_sees_its_own_accelerator_and_no_other(
    accounts: Accounts, site: SiteUnderTest, sessions: Sessions, record: Record
) -> None:
    record.limit("device files of sessions and of batch; NVML was not used, as it needs a driver")
    model = site.most_frequent_model
    people = accounts.members(2)
    pods = [sessions.start(person, accounts.profile(person, model)) for person in people]
    probes = [probe(person) for person in people]
    for seen in probes:
        assert len(seen["seen"]) == 1, f"a session with one accelerator sees {seen['seen']}"
        assert seen["opened"] == seen["seen"], f"of {seen['seen']} it opens {seen['opened']}"
        assert not seen["made"], "a session can make a device file of another accelerator"
        record.sample(session=model, **seen)
    held = [
        (pod["spec"]["nodeName"], *seen["seen"]) for pod, seen in zip(pods, probes, strict=True)
    ]
    assert held[0] != held[1], f"two sessions have the same accelerator: {held[0]}"

    queue = find_queue(sessions.observer.api)
    image, resource = image_of(pods[0]), site.resource(model)
    check_two_containers(Batch(sessions.observer, queue, image, model, resource), record)

    person = people[0]
    person.stop()
    plain = [profile for profile in person.profiles() if profile.value not in site.models]
    for profile in plain:
        sessions.start(person, profile)
        seen = probe(person)
        assert seen == {"seen": [], "opened": [], "made": []}, f"without asking it sees {seen}"
        record.sample(session=profile.value, **seen)
        person.stop()


def check_two_containers(batch: Batch, record: Record) -> None:
    """Check that of two containers in a pod only the one with a request sees an accelerator."""
    batch.script, batch.second = PROBE_IN_SHELL, True
    with batch:
        job = batch.submit()
        batch.observer.wait_until(lambda: batch.is_finished(job), "a small job to finish", 180)
        pod = next(p for p in batch.pods() if p["metadata"]["labels"][JOB_LABEL] == job)
        logs = {
            name: batch.api.logs(pod["metadata"]["name"], batch.queue.namespace, name).split()
            for name in ("work", "second")
        }
    assert len(logs["work"]) == 1, f"the container that asks for one sees {logs['work']}"
    assert not logs["second"], f"the second container, which asks for none, sees {logs['second']}"
    record.sample(session="two containers", **logs)


def probe(person: Person) -> dict[str, Any]:
    """Return what a person's session sees and opens."""
    seen: dict[str, Any] = json.loads(person.kernel().run(PROBE))
    return seen
