"""A real API server evaluates the CEL of every admission policy that a whole site has."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from infra.testing import Plan, plan
from lab.testing import api_server
from lab.waiting import until
from stacks.__main__ import program
from tests.admission_cases import CASES, NAMESPACES, Case, job
from tests.tracked import TOP

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lab.testing.api_server import ApiServer, Response

IN_FORCE_S = 30
GROUP = "admissionregistration.k8s.io/v1"
POLICY, BINDING = "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"
SENTINEL = "sentinel"


@dataclass(frozen=True)
class Rule:
    """One CEL expression of a policy, known by the message of its refusal."""

    policy: str
    message: str


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """The plan of the site `local`, which has every section of the overlay."""
    folder = tmp_path_factory.mktemp("site")
    site = yaml.safe_load((TOP / "stacks" / "sites" / "Pulumi.local.yaml").read_text())["config"]
    for section in site.values():
        for key in section if isinstance(section, dict) else ():
            if key.endswith("File"):
                section[key] = str(folder / key)
                (folder / key).write_text(f"{key}\n")
                (folder / f"{key}.pub").write_text("ssh-ed25519 AAAA somebody\n")
    (folder / "clouds.yaml").write_text(yaml.safe_dump({"clouds": {"local": {}}}))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OS_CLIENT_CONFIG_FILE", str(folder / "clouds.yaml"))
        config = {key: json.dumps(value) for key, value in site.items()}
        return plan(program, stack="local", config=config)


@pytest.fixture(scope="module")
def rules(whole: Plan) -> list[Rule]:
    """Every rule of every policy in the plan."""
    return [
        Rule(name, validation["message"])
        for name, policy in whole.of(POLICY).items()
        for validation in policy.inputs["spec"]["validations"]
    ]


@pytest.fixture(scope="module")
def server(whole: Plan, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    """An API server that enforces the policies of the plan.

    Each policy has a second binding that only warns. A refusal names the first rule that an
    object breaks; the warnings name all of them.
    """
    with api_server.started(tmp_path_factory.mktemp("kubernetes")) as server:
        for kind in ("PriorityClass", POLICY, BINDING):
            for asked in whole.of(kind).values():
                create(server, with_integers(asked.inputs))
        for name in whole.of(POLICY):
            create(server, binding(f"{name}-warn", name, "Warn"))
        for name, labels in NAMESPACES.items():
            metadata = {"name": name, "labels": labels}
            create(server, {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
        wait_until_in_force(server)
        yield server


def create(server: ApiServer, manifest: dict[str, Any]) -> None:
    """Create an object that the tests depend on."""
    response = server.create(manifest)
    assert response.accepted, response.message


def with_integers(inputs: dict[str, Any]) -> dict[str, Any]:
    """Return the inputs of a resource with integers, which Pulumi's protocol sends as floats."""
    manifest: dict[str, Any] = json.loads(
        json.dumps(inputs), parse_float=lambda text: int(float(text))
    )
    return manifest


def binding(name: str, policy: str, action: str) -> dict[str, Any]:
    """Return a binding of a policy."""
    return {
        "apiVersion": GROUP,
        "kind": BINDING,
        "metadata": {"name": name},
        "spec": {"policyName": policy, "validationActions": [action]},
    }


def wait_until_in_force(server: ApiServer) -> None:
    """Create one last policy and wait for its refusal: the earlier ones are in force then too."""
    about = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["*"]}
    policy = {
        "apiVersion": GROUP,
        "kind": POLICY,
        "metadata": {"name": SENTINEL},
        "spec": {
            "matchConstraints": {"resourceRules": [{**about, "resources": ["configmaps"]}]},
            "validations": [{"expression": "false"}],
        },
    }
    create(server, policy)
    create(server, binding(SENTINEL, SENTINEL, "Deny"))
    metadata = {"name": "any", "namespace": "elsewhere"}
    probe = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}
    until(
        lambda: not server.create(probe, dry_run=True).accepted,
        "the admission policies are in force",
        IN_FORCE_S,
    )


def broken(response: Response, rules: list[Rule]) -> set[Rule]:
    """Return the rules that the warnings of a response name."""
    start = "Validation failed for ValidatingAdmissionPolicy"
    texts = {
        f"{start} '{rule.policy}' with binding '{rule.policy}-warn': {rule.message}": rule
        for rule in rules
    }
    return {texts[text] for text in response.warnings if text.startswith(start)}


def rules_of(case: Case, rules: list[Rule]) -> list[Rule]:
    """Return the rules that the refused object of a case breaks, its own first."""
    found = []
    for word in (case.word, *case.also):
        (rule,) = [r for r in rules if r.policy == case.policy and word in r.message]
        found.append(rule)
    return found


def each_case(case: Case) -> str:
    return f"{case.policy}: {case.why}"


def test_every_rule_has_an_accepted_and_a_refused_object(rules: list[Rule]) -> None:
    assert {rules_of(case, rules)[0] for case in CASES} == set(rules)
    assert len(set(rules)) == len(rules)


def test_every_policy_has_a_binding_that_denies(whole: Plan) -> None:
    bindings = [b.inputs["spec"] for b in whole.of(BINDING).values()]
    denied = {b["policyName"] for b in bindings if b["validationActions"] == ["Deny"]}
    assert denied == set(whole.of(POLICY))


@pytest.mark.lab
@pytest.mark.parametrize("case", CASES, ids=each_case)
def test_one_object_breaks_no_rule_and_another_breaks_this_rule(
    case: Case, server: ApiServer, rules: list[Rule]
) -> None:
    response = server.create(case.accepted, dry_run=True)
    assert response.accepted, response.message
    assert broken(response, rules) == set()
    expected = rules_of(case, rules)
    response = server.create(case.refused, dry_run=True)
    assert not response.accepted
    assert broken(response, rules) == set(expected)
    assert response.message.endswith(
        f"ValidatingAdmissionPolicy '{case.policy}' with binding '{case.policy}' "
        f"denied request: {expected[0].message}"
    )


@pytest.mark.lab
def test_outside_of_batch_namespaces_the_rules_for_batch_do_not_apply(
    server: ApiServer, rules: list[Rule]
) -> None:
    for case in CASES:
        if case.policy.startswith("batch-"):
            manifest = case.refused | {
                "metadata": case.refused["metadata"] | {"namespace": "elsewhere"}
            }
            response = server.create(manifest, dry_run=True)
            assert response.accepted, response.message
            assert broken(response, rules) == set()


@pytest.mark.lab
def test_an_update_may_not_move_a_job_to_another_queue(
    server: ApiServer, rules: list[Rule]
) -> None:
    created = server.create(job())
    assert created.accepted, created.message
    kept = created.body | {
        "metadata": created.body["metadata"] | {"annotations": {"any": "thing"}}
    }
    assert server.replace(kept, dry_run=True).accepted
    moved = created.body | {"metadata": created.body["metadata"] | {"labels": {}}}
    (rule,) = broken(server.replace(moved, dry_run=True), rules)
    assert "queue-name" in rule.message
