"""Each rule reports its fault, with exact numbers, and is silent where it is mended."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from analysis.findings.examine import Examination, examine
from analysis.findings.registry import BY_ID, RULES
from analysis.findings.rule import Finding
from analysis.frames import Trace, read_trace
from tests.analysis.findings.cases import (
    ADD,
    CASES,
    EAGAIN,
    FD,
    ONESHOT,
    ROUNDS,
    Make,
    changed,
    ctl,
    reads,
)
from tests.analysis.handmade import MS, WAITER, Maker
from tracer.shared.records import Unseen

ROOT = Path(__file__).parents[3]
RESTARTED = -512
"""ERESTARTSYS, which no program sees: the outcome of the call is not known."""


def examined(make: Make, path: Path, rule: str = "", size: int = 1 << 17) -> Examination:
    maker = Maker(CASES[rule].detail if rule else "calls")
    make(maker)
    rules = [BY_ID[rule]] if rule else RULES
    return examine(read_trace(maker.write(path / "x.trace")), rules=rules, size=size)


@cache
def found_in_whole(rule: str) -> tuple[Trace, Examination]:
    """Return the trace in which ``rule`` finds its fault, and what it finds; made once."""
    with TemporaryDirectory() as path:
        maker = Maker(CASES[rule].detail)
        CASES[rule].faulty(maker)
        trace = read_trace(maker.write(Path(path) / "x.trace"))
        return trace, examine(trace, rules=[BY_ID[rule]])


def of_rule(found: Examination, rule: str) -> list[Finding]:
    return [each for each in found.findings if each.rule == rule]


def test_every_rule_has_cases() -> None:
    assert set(CASES) == set(BY_ID)
    assert len(BY_ID) == len(RULES)


def test_every_module_of_rules_is_in_the_registry() -> None:
    files = {path.stem for path in (ROOT / "analysis/findings/rules").glob("[a-z]*.py")}
    assert files == {rule.judge.__module__.rpartition(".")[2] for rule in RULES}


@pytest.mark.parametrize("rule", CASES)
def test_the_fault_is_found_with_its_numbers(rule: str) -> None:
    (finding,) = found_in_whole(rule)[1].findings
    assert {each.name: each.value for each in finding.numbers} == CASES[rule].numbers
    assert finding.pid == WAITER


@pytest.mark.parametrize("rule", CASES)
def test_the_mended_twin_is_silent(rule: str, tmp_path: Path) -> None:
    found = examined(CASES[rule].mended, tmp_path, rule)
    assert of_rule(found, rule) == []
    assert rule in found.judged


@pytest.mark.parametrize("size", [pytest.param(1, marks=pytest.mark.slow), 7])
@pytest.mark.parametrize("rule", CASES)
def test_windows_of_any_size_find_the_same(rule: str, size: int, tmp_path: Path) -> None:
    _, whole = found_in_whole(rule)
    assert examined(CASES[rule].faulty, tmp_path, rule, size).findings == whole.findings


@pytest.mark.parametrize("rule", CASES)
def test_an_instance_is_a_call_of_the_trace(rule: str) -> None:
    trace, found = found_in_whole(rule)
    (finding,) = found.findings
    if finding.instance is not None:
        place = (trace.calls["tid"] == finding.instance.tid) & (
            trace.calls["seq"] == finding.instance.seq
        )
        assert place.sum() == 1


@pytest.mark.slow
@pytest.mark.parametrize("rule", CASES)
def test_it_finds_the_same_beside_all_others(rule: str, tmp_path: Path) -> None:
    maker = Maker(CASES[rule].detail)
    CASES[rule].faulty(maker)
    everything = examine(read_trace(maker.write(tmp_path / "x.trace")))
    assert of_rule(everything, rule) == list(found_in_whole(rule)[1].findings)


def test_arming_a_oneshot_fd_again_is_no_fault(tmp_path: Path) -> None:
    assert of_rule(examined(changed(1 | ONESHOT), tmp_path), "epoll-same-events") == []


def test_one_empty_read_after_many_is_no_fault(tmp_path: Path) -> None:
    assert examined(reads(*[100] * 9, EAGAIN), tmp_path).findings == ()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_one_less_than_the_least_count_is_no_fault(rule, tmp_path: Path) -> None:
    """The first count among the thresholds is a minimum: a few calls prove nothing."""
    maker = Maker(CASES[rule.id].detail)
    maker.call("poll", 0, timeout_ns=0)
    maker.call("accept", EAGAIN, fd=3)
    maker.call("read", EAGAIN, fd=3)
    found = examine(read_trace(maker.write(tmp_path / "x.trace")), rules=[rule])
    assert found.findings == ()
    assert found.judged == (rule.id,)
    assert ROUNDS > 20


def test_a_loop_that_is_held_up_for_little_of_its_time_is_no_fault(tmp_path: Path) -> None:
    """As preemption does on a busy machine: three times 11 ms in more than a second."""

    def made(maker: Maker) -> None:
        for number in range(41):
            maker.call("poll", 1, nr=1, wall_ns=30 * MS, off_cpu_ns=30 * MS, sleeps=1)
            maker.now_ns += 11 * MS if number < 3 else 0

    assert examined(made, tmp_path, "held-up").findings == ()


def test_a_loop_that_is_held_up_for_long_is_one_however_seldom(tmp_path: Path) -> None:
    def made(maker: Maker) -> None:
        for number in range(41):
            maker.call("poll", 1, nr=1, wall_ns=3000 * MS, off_cpu_ns=3000 * MS, sleeps=1)
            maker.now_ns += 150 * MS if number < 3 else 0

    (finding,) = examined(made, tmp_path, "held-up").findings
    assert finding.numbers[0].value == 3


def test_a_wait_whose_sleep_is_not_known_is_still_a_wait(tmp_path: Path) -> None:
    """Even if no program saw it return to the CPU, the gap after it begins there."""

    def made(maker: Maker) -> None:
        for _ in range(41):
            maker.call("poll", 1, nr=1, wall_ns=MS, sleeps=1, unseen=Unseen.SWITCH_IN)
            maker.call("fsync", 0, wall_ns=20 * MS, off_cpu_ns=20 * MS, sleeps=1)

    (finding,) = examined(made, tmp_path, "held-up").findings
    assert finding.numbers[0].value == 40


def test_small_reads_of_a_file_that_no_loop_watches_are_no_fault(tmp_path: Path) -> None:
    def made(maker: Maker) -> None:
        CASES["small-reads"].mended(maker)
        for _ in range(99):
            maker.call("read", 10, fd=50, nr=10)

    assert of_rule(examined(made, tmp_path, "small-reads"), "small-reads") == []


def test_a_wait_with_unknown_sleep_separates_two_reads(
    tmp_path: Path,
) -> None:
    """The wait still separates the two reads, and whether it returned at once is not known."""

    def made(maker: Maker) -> None:
        ctl(maker, ADD)
        for _ in range(41):
            maker.call("epoll_wait", 1, fd=4, nr=64, unseen=Unseen.SWITCH_OUT)
            maker.call("read", 100, fd=FD, nr=100)

    assert examined(made, tmp_path).findings == ()


def test_a_wait_with_unknown_result_separates_accepts(tmp_path: Path) -> None:
    def made(maker: Maker) -> None:
        for number in range(82):
            maker.call("epoll_wait", RESTARTED if number % 41 else 1, fd=4, nr=64)
            maker.call("accept4", 10, fd=FD)

    assert of_rule(examined(made, tmp_path), "accept-storm") == []


def test_a_failed_accept_counts_after_a_wait_with_unknown_sleep(
    tmp_path: Path,
) -> None:
    def made(maker: Maker) -> None:
        for _ in range(41):
            maker.call("epoll_wait", 1, fd=4, nr=64, sleeps=1, unseen=Unseen.SWITCH_IN)
            maker.call("accept4", EAGAIN, fd=FD)

    (finding,) = examined(made, tmp_path, "accept-herd").findings
    assert finding.numbers[1].value == 41


def test_a_close_with_unknown_sleep_closes_its_fd(tmp_path: Path) -> None:
    def made(maker: Maker) -> None:
        ctl(maker, ADD)
        maker.call("close", 0, fd=FD, sleeps=1, unseen=Unseen.SWITCH_IN)
        for _ in range(41):
            maker.call("read", 1, fd=FD, wall_ns=2 * MS, off_cpu_ns=2 * MS, sleeps=1)

    assert examined(made, tmp_path, "blocking-call").findings == ()


def test_a_gap_begins_after_the_wait_under_way_when_tracer_attached(
    tmp_path: Path,
) -> None:
    def made(maker: Maker) -> None:
        maker.call("poll", 1, nr=1, unseen=Unseen.BEGINNING)
        for _ in range(40):
            maker.call("fsync", 0, wall_ns=20 * MS, off_cpu_ns=20 * MS, sleeps=1)
            maker.call("poll", 1, nr=1, wall_ns=MS, sleeps=1)

    (finding,) = examined(made, tmp_path, "held-up").findings
    assert finding.numbers[0].value == 40


@pytest.mark.parametrize("size", [pytest.param(1, marks=pytest.mark.slow), 1000])
def test_a_reused_fd_number_is_another_file(tmp_path: Path, size: int) -> None:
    """What the first read of a connection finds says nothing about the connection before it."""

    def made(maker: Maker) -> None:
        ctl(maker, ADD)
        for _ in range(41):
            maker.call("epoll_wait", 1, fd=4, nr=64)
            maker.call("read", EAGAIN, fd=FD, nr=100)
            maker.call("read", 10, fd=FD, nr=10)
            maker.call("read", 40, fd=FD, nr=100)
            maker.call("close", 0, fd=FD)

    (empty,) = examined(made, tmp_path / "empty", "empty-reads", size).findings
    assert {each.name: each.value for each in empty.numbers} == {
        "reads": 123, "empty": 41, "empty_after_short": 0, "empty_after_empty": 0,
        "bytes_per_read": 50 / 3,
    }  # fmt: skip

    def full(maker: Maker) -> None:
        ctl(maker, ADD)
        maker.call("epoll_wait", 41, fd=4, nr=64)
        for _ in range(41):
            maker.call("read", 10, fd=FD, nr=10)
            maker.call("close", 0, fd=FD)

    assert examined(full, tmp_path / "small", "small-reads", size).findings == ()
