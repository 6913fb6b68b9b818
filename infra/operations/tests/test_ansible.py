"""Playbooks with the real ansible-runner and Ansible, on this machine, in a folder of the test."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import TYPE_CHECKING

import pytest

from infra.errors import ForegroundError
from infra.operations import processes, progress, waiting
from infra.operations.ansible import Job, run_playbook

if TYPE_CHECKING:
    from pathlib import Path

    from infra.operations.tests.conftest import Screen

HEAD = "- hosts: worker\n  gather_facts: false\n  tasks:\n"
HERE = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
DEADLINE_S = 60.0


def job(folder: Path, tasks: str) -> Job:
    (folder / "book").mkdir()
    (folder / "run").mkdir(mode=0o700)
    (folder / "book" / "site.yml").write_text(HEAD + tasks)
    inventory = {"all": {"children": {"worker": {"hosts": {"w1": {}}}}, "vars": HERE}}
    return Job(
        playbook=folder / "book" / "site.yml",
        machine="w1",
        inventory=inventory,
        folder=folder / "run",
        variables={"marker": str(folder / "marker")},
    )


def test_a_playbook_runs_with_its_variables_and_shows_its_tasks(
    tmp_path: Path, screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        progress, "_TICK", 600.0
    )  # a tick would show a task that has just begun, even a skipped one
    tasks = (
        "  - name: Write it down\n    ansible.builtin.copy: {content: yes, dest: '{{ marker }}'}\n"
        "  - name: Leave this out\n    ansible.builtin.command: 'false'\n    when: false\n"
    )
    asyncio.run(run_playbook(job(tmp_path, tasks), screen.progress()))
    assert (tmp_path / "marker").exists()
    assert set(screen.lines) == {"Write it down (0 s)"}


def test_a_failed_task_is_one_sentence_with_machine_task_and_reason(
    tmp_path: Path, screen: Screen
) -> None:
    tasks = (
        "  - name: Mount the volume\n"
        "    ansible.builtin.shell: echo starting >&2; echo no such device >&2; exit 1\n"
    )
    with pytest.raises(ForegroundError) as failed:
        asyncio.run(run_playbook(job(tmp_path, tasks), screen.progress()))
    assert failed.value.problem == "w1: Mount the volume: no such device"
    assert "pulumi up" in failed.value.hint
    assert screen.lines[-1] == "Mount the volume: failed (0 s)"


def test_a_failed_loop_has_the_reason_of_its_item(tmp_path: Path, screen: Screen) -> None:
    tasks = (
        "  - name: Fetch\n    ansible.builtin.shell: echo no {{ item }} >&2; exit 1\n"
        "    loop: [kubelet]\n"
    )
    with pytest.raises(ForegroundError, match=r"^w1: Fetch: no kubelet\n"):
        asyncio.run(run_playbook(job(tmp_path, tasks), screen.progress()))


def test_an_invalid_playbook_is_one_sentence_too(tmp_path: Path, screen: Screen) -> None:
    with pytest.raises(ForegroundError) as failed:
        asyncio.run(run_playbook(job(tmp_path, "  - nonsense: {}\n"), screen.progress()))
    assert failed.value.problem.startswith("couldn't resolve module/action 'nonsense'.")
    assert "\n" not in failed.value.problem


def test_a_cancelled_run_leaves_no_process(tmp_path: Path, screen: Screen) -> None:
    tasks = "  - name: Wait\n    ansible.builtin.shell: touch {{ marker }}; sleep 600\n"

    async def started() -> bool:
        return (tmp_path / "marker").exists()

    async def cancelled() -> None:
        task = asyncio.ensure_future(run_playbook(job(tmp_path, tasks), screen.progress()))
        assert await waiting.until(started, bool, within=DEADLINE_S, interval=0.05)
        task.cancel()
        await asyncio.wait({task})

    asyncio.run(cancelled())
    assert processes.descendants(os.getpid()) == []


def test_ansible_variables_in_the_operators_environment_have_no_effect(
    tmp_path: Path, screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANSIBLE_STDOUT_CALLBACK", "no_such_callback")
    monkeypatch.setenv("ANSIBLE_TRANSPORT", "no_such_transport")
    asyncio.run(run_playbook(job(tmp_path, "  - ansible.builtin.debug:\n"), screen.progress()))
