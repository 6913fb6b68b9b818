"""STO-02: a session reads the home that an earlier session wrote on another node."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING, Any

from conformance.kit.requirements import MUST, requirement
from conformance.kit.site.faults import cordoned

if TYPE_CHECKING:
    from conformance.kit.people.accounts import Accounts
    from conformance.kit.people.person import Person
    from conformance.kit.people.sessions import Sessions
    from conformance.kit.record import Record
    from conformance.kit.site.api import KubeApi

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
    "A session reads on another node what an earlier session of the same person wrote in its home "
    "and closed.",
    needs=("identity", "ingress", "notebooks", "storage"),
    part_on=("W", "K"),
)
def test_a_session_reads_on_another_node_what_an_earlier_one_wrote(
    accounts: Accounts, sessions: Sessions, api: KubeApi, record: Record
) -> None:
    (person,) = accounts.members(1)
    name = f"conformance-{secrets.token_hex(4)}"
    profile = accounts.plain_profile(person)
    first = sessions.start(person, profile)["spec"]["nodeName"]
    wrote = output(person, WRITE.format(mib=MIB, name=name))
    person.stop()
    with cordoned(api, first):
        second = sessions.start(person, profile)["spec"]["nodeName"]
        read = output(person, READ.format(name=name))
        person.stop()
    assert second != first
    assert read["there"], f"on {second} there is no file that a session on {first} wrote"
    assert read["sha256"] == wrote["sha256"], f"on {second} the file has other content"
    assert not read["left"], "the file cannot be removed"
    system = read["system"]
    record.sample(
        written_on=first, read_on=second, mib=MIB, sha256=read["sha256"], file_system=system
    )
    if not system.startswith("nfs"):
        record.limit(f"the same bytes on both nodes, by {system} and not over the network")


def output(person: Person, code: str) -> dict[str, Any]:
    """Run a cell in a person's session and return the JSON object that it prints."""
    printed: dict[str, Any] = json.loads(person.kernel().run(code))
    return printed
