"""Playbooks for real: ansible-runner and Ansible on this machine, in a folder of the test."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import TYPE_CHECKING

import pytest

from infra.errors import ForegroundError
from infra.operations import processes, waiting
from infra.operations import progress as row
from infra.operations.ansible import Job, play

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
        variables={"told": str(folder / "told")},
    )


def test_a_playbook_runs_with_its_variables_and_shows_on_the_row(
    tmp_path: Path, screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(row, "_TICK", 600.0)  # a tick shows what has just begun, skipped or not
    tasks = (
        "  - name: Write it down\n    ansible.builtin.copy: {content: yes, dest: '{{ told }}'}\n"
        "  - name: Leave this out\n    ansible.builtin.command: 'false'\n    when: false\n"
    )
    asyncio.run(play(job(tmp_path, tasks), screen.row()))
    assert (tmp_path / "told").exists()
    assert set(screen.lines) == {"Write it down (0 s)"}


def test_a_failing_task_is_one_sentence_with_machine_task_and_reason(
    tmp_path: Path, screen: Screen
) -> None:
    tasks = (
        "  - name: Mount the volume\n"
        "    ansible.builtin.shell: echo starting >&2; echo no such device >&2; exit 1\n"
    )
    with pytest.raises(ForegroundError) as failed:
        asyncio.run(play(job(tmp_path, tasks), screen.row()))
    assert failed.value.problem == "w1: Mount the volume: no such device"
    assert "pulumi up" in failed.value.hint
    assert screen.lines[-1] == "Mount the volume: failed (0 s)"


def test_a_failing_loop_names_the_reason_of_its_item(tmp_path: Path, screen: Screen) -> None:
    tasks = (
        "  - name: Fetch\n    ansible.builtin.shell: echo no {{ item }} >&2; exit 1\n"
        "    loop: [kubelet]\n"
    )
    with pytest.raises(ForegroundError, match=r"^w1: Fetch: no kubelet\n"):
        asyncio.run(play(job(tmp_path, tasks), screen.row()))


def test_a_playbook_that_is_no_playbook_is_one_sentence_too(
    tmp_path: Path, screen: Screen
) -> None:
    with pytest.raises(ForegroundError) as failed:
        asyncio.run(play(job(tmp_path, "  - nonsense: {}\n"), screen.row()))
    assert failed.value.problem.startswith("couldn't resolve module/action 'nonsense'.")
    assert "\n" not in failed.value.problem


def test_cancelled_it_leaves_no_process(tmp_path: Path, screen: Screen) -> None:
    tasks = "  - name: Wait\n    ansible.builtin.shell: touch {{ told }}; sleep 600\n"

    async def told() -> bool:
        return (tmp_path / "told").exists()

    async def cancelled() -> None:
        task = asyncio.ensure_future(play(job(tmp_path, tasks), screen.row()))
        assert await waiting.until(told, bool, within=DEADLINE_S, interval=0.05)
        task.cancel()
        await asyncio.wait({task})

    asyncio.run(cancelled())
    assert processes.descendants(os.getpid()) == []


def test_what_the_operator_told_ansible_elsewhere_says_nothing_here(
    tmp_path: Path, screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANSIBLE_STDOUT_CALLBACK", "no_such_callback")
    monkeypatch.setenv("ANSIBLE_TRANSPORT", "no_such_transport")
    asyncio.run(play(job(tmp_path, "  - ansible.builtin.debug:\n"), screen.row()))
