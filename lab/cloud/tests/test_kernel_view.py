from __future__ import annotations

from labcloud.nova import kernel_view

MIB = 1 << 20
HOST = "processor\t: 0\nmodel name\t: A\n\nprocessor\t: 1\nmodel name\t: B\n\n"


def _lines(text: str) -> dict[str, int]:
    return {line.split(":")[0]: int(line.split()[1]) for line in text.splitlines()}


def test_the_total_memory_is_that_of_the_flavor() -> None:
    memory = _lines(kernel_view.meminfo(1024 * MIB, 0, {}))

    assert memory["MemTotal"] == memory["MemFree"] == 1024 << 10


def test_reclaimable_memory_counts_as_available() -> None:
    usage = {"total_cache": 300 * MIB, "total_inactive_file": 200 * MIB}

    memory = _lines(kernel_view.meminfo(1024 * MIB, 600 * MIB, usage))

    assert memory["MemFree"] == 424 << 10
    assert memory["MemAvailable"] == 624 << 10


def test_a_machine_above_its_limit_has_no_free_memory() -> None:
    assert _lines(kernel_view.meminfo(64 * MIB, 65 * MIB, {}))["MemFree"] == 0


def test_the_text_always_has_the_same_length_as_it_is_written_in_place() -> None:
    little = kernel_view.meminfo(64 * MIB, 1 * MIB, {})
    much = kernel_view.meminfo(64 * MIB, 64 * MIB, {"total_rss": 60 * MIB})

    assert len(little) == len(much)


def test_cpuinfo_lists_only_the_processors_of_the_machine() -> None:
    assert kernel_view.cpuinfo(HOST, [1]) == "processor\t: 1\nmodel name\t: B\n\n"
