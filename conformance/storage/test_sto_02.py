"""STO-02: a home is one and the same, wherever its person's session runs."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING, Any

from conformance.kit.requirements import MUST, requirement
from conformance.kit.site.faults import cordoned

if TYPE_CHECKING:
    from conformance.kit.contest.evictions import Spaces
    from conformance.kit.people.accounts import Crowd
    from conformance.kit.people.person import Person
    from conformance.kit.record import Record
    from conformance.kit.site.api import Cluster, Document
    from conformance.kit.site.observer import Observer
    from conformance.kit.site.site_under_test import View

MIB = 16
WRITE = """
import hashlib, json, os, pathlib
content = os.urandom({mib} << 20)
with (pathlib.Path.home() / "{name}").open("wb") as file:
    file.write(content)
    file.flush()
    os.fsync(file.fileno())
print(json.dumps({{"sha256": hashlib.sha256(content).hexdigest(), "uid": os.getuid()}}))
"""
READ = """
import hashlib, json, os, pathlib
file = pathlib.Path.home() / "{name}"
there = file.exists()
mounts = [line.split() for line in open("/proc/self/mounts")]
here = max((m for m in mounts if str(file).startswith(m[1])), key=lambda m: len(m[1]))
content = file.read_bytes() if there else b""
file.unlink(missing_ok=True)
print(json.dumps({{
    "there": there, "sha256": hashlib.sha256(content).hexdigest(), "uid": os.getuid(),
    "left": file.exists(), "system": here[2],
}}))
"""


@requirement(
    "STO-02",
    MUST,
    "df47bba8-8a0b-4550-931f-9dad292331c0",
    "What a session wrote in its home and closed, the next one reads on another node.",
    needs=("identity", "ingress", "notebooks", "storage"),
)
def test_the_next_session_reads_on_another_node_what_one_wrote(
    crowd: Crowd, view: View, observer: Observer, spaces: Spaces, cluster: Cluster, record: Record
) -> None:
    (person,) = crowd.members(1)
    name = f"conformance-{secrets.token_hex(4)}"
    first = started(person, crowd, view, observer, spaces)["spec"]["nodeName"]
    wrote = told(person, WRITE.format(mib=MIB, name=name))
    person.stop()
    with cordoned(cluster, first):
        second = started(person, crowd, view, observer, spaces)["spec"]["nodeName"]
        read = told(person, READ.format(name=name))
        person.stop()
    assert second != first
    assert read["there"], f"on {second} there is no file that a session on {first} wrote"
    assert read["sha256"] == wrote["sha256"], f"on {second} the file reads otherwise"
    assert not read["left"], "the file cannot be removed"
    system = read["system"]
    record.sample(
        written_on=first, read_on=second, mib=MIB, sha256=read["sha256"], file_system=system
    )
    if not system.startswith("nfs"):
        record.only(f"the same bytes on both nodes, by {system} and not over the network")


def started(
    person: Person, crowd: Crowd, view: View, observer: Observer, spaces: Spaces
) -> Document:
    """Start a session, best one without an accelerator; return its pod."""
    assert view.site.notebooks
    person.start(crowd.plain(person), view.site.notebooks.patience)
    return spaces.session(observer, person)


def told(person: Person, code: str) -> dict[str, Any]:
    """What a cell in a person's session says of itself."""
    said: dict[str, Any] = json.loads(person.kernel().run(code))
    return said
