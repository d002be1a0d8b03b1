"""Waits are counted by thread, other calls by process; rows are sorted by number of calls."""

from __future__ import annotations

import pytest

from analysis.live.rows import Total, loops, others
from tests.analysis.live.making import CALLS, EPOLL_WAIT, READ, key, row, sums


def test_waits_stay_apart_by_thread_and_other_calls_are_added() -> None:
    found = [
        (key(EPOLL_WAIT, tid=71), sums(calls=3)),
        (key(EPOLL_WAIT, tid=72), sums(calls=30)),
        (key(READ, tid=71), sums(calls=5)),
        (key(READ, tid=72), sums(calls=6)),
        (key(999), sums(calls=1)),
    ]
    waits, rest = loops(found, CALLS, 2.0), others(found, CALLS, 2.0)
    assert [(each.tid, each.per_s) for each in waits] == [(72, 15.0), (71, 1.5)]
    assert [(each.pid, each.sums["calls"]) for each in rest] == [(70, 11)]


def test_events_per_call_that_had_any() -> None:
    assert row(EPOLL_WAIT, calls=10, empty=6, failed=2, returned=8).returned_per_call == 4.0
    assert row(EPOLL_WAIT, calls=10, empty=10).returned_per_call is None


def test_wakeups_per_second() -> None:
    assert row(EPOLL_WAIT, seconds=2.0, calls=10, wakeups=7).wakeups_per_s == 3.5


def test_time_in_the_kernel_leaves_out_the_sleep() -> None:
    assert row(READ, calls=2, wall_ns=1000, off_cpu_ns=400).kernel_ns == pytest.approx(300)


def test_total_is_of_all_intervals() -> None:
    total = Total()
    total.add([(key(READ), sums(calls=3))], 1.0)
    total.add([(key(READ), sums(calls=4)), (key(EPOLL_WAIT), sums(calls=1))], 0.5)
    assert total.seconds == 1.5
    assert {each.syscall: value["calls"] for each, value in total.sums.items()} == {
        READ: 7, EPOLL_WAIT: 1,
    }  # fmt: skip
