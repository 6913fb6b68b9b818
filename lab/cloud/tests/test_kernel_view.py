from __future__ import annotations

from labcloud.nova import kernel_view

MIB = 1 << 20
HOST = "processor\t: 0\nmodel name\t: A\n\nprocessor\t: 1\nmodel name\t: B\n\n"


def _lines(text: str) -> dict[str, int]:
    return {line.split(":")[0]: int(line.split()[1]) for line in text.splitlines()}


def test_a_machine_reads_its_flavors_memory_not_the_hosts() -> None:
    told = _lines(kernel_view.meminfo(1024 * MIB, 0, {}))

    assert told["MemTotal"] == told["MemFree"] == 1024 << 10


def test_memory_that_the_kernel_would_give_back_counts_as_available() -> None:
    usage = {"total_cache": 300 * MIB, "total_inactive_file": 200 * MIB}

    told = _lines(kernel_view.meminfo(1024 * MIB, 600 * MIB, usage))

    assert told["MemFree"] == 424 << 10
    assert told["MemAvailable"] == 624 << 10


def test_a_machine_over_its_limit_for_a_moment_has_nothing_free() -> None:
    assert _lines(kernel_view.meminfo(64 * MIB, 65 * MIB, {}))["MemFree"] == 0


def test_the_text_keeps_its_length_because_it_is_written_in_place() -> None:
    little = kernel_view.meminfo(64 * MIB, 1 * MIB, {})
    much = kernel_view.meminfo(64 * MIB, 64 * MIB, {"total_rss": 60 * MIB})

    assert len(little) == len(much)


def test_a_machine_sees_only_its_own_processors() -> None:
    assert kernel_view.cpuinfo(HOST, [1]) == "processor\t: 1\nmodel name\t: B\n\n"
