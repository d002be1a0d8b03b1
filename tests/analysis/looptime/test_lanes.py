"""Lanes of threads, compared with hand-made traces, and with a count call by call."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from analysis.frames import read_trace
from analysis.looptime.bins import Bins
from analysis.looptime.gather import gather_lanes
from analysis.looptime.lane import KINDS, NO_LANES, Lane
from analysis.windows.partial import combined
from analysis.windows.recording import Recording
from tests.analysis.handmade import MS, START_NS, WAITER, WAKER, Maker
from tests.analysis.looptime.making import LOG, loop, recorded, wait, work
from tracer.shared.records import Unseen

SIZES = (1, 2, 7, 1 << 17)
TIDS = (WAITER, WAKER)


def lanes_of(recording: Recording, bins: Bins, size: int = 1 << 17) -> dict[int, Lane]:
    windows = recording.windows_of("calls", size)
    return dict(combined((gather_lanes(each, TIDS, bins) for each in windows), NO_LANES).by_tid)


def in_ms(lane: Lane) -> dict[str, list[int]]:
    """Return by kind the ms in each stretch; absent kinds are left out."""
    return {
        kind: (time // MS).tolist() for kind, time in zip(KINDS, lane.time, strict=True)
        if time.any()
    }  # fmt: skip


@pytest.mark.parametrize("size", SIZES)
def test_a_loop(size: int, tmp_path: Path) -> None:
    maker = Maker()
    loop(maker)
    lane = lanes_of(recorded(maker, tmp_path), Bins(START_NS, 50 * MS, 4), size)[WAITER]
    assert in_ms(lane) == {
        "asleep": [20, 10, 20, 10],
        "polling": [10, 0, 10, 0],
        "on_cpu": [10, 10, 10, 0],
        "off_cpu": [0, 30, 0, 0],
        "between": [10, 0, 10, 0],
    }
    assert lane.waits.tolist() == [1, 1, 1, 1]
    assert lane.events.tolist() == [3, 0, 3, 1]
    assert lane.held_times.tolist() == [1, 1, 1, 0]
    held = lane.held[1]
    assert (held.at_ns - START_NS, held.ns, held.outside_ns) == (60 * MS, 40 * MS, 0)
    assert (held.busy.calls_ns, held.busy.off_cpu_ns) == (40 * MS, 30 * MS)
    assert (held.busy.longest.seq, held.busy.longest.fd) == (4, LOG)
    assert lane.held[0].outside_ns == 10 * MS


@pytest.mark.parametrize("size", SIZES)
def test_lost_calls_are_neither_work_nor_hold_up(size: int, tmp_path: Path) -> None:
    maker = Maker()
    wait(maker, 10, 10)
    maker.now_ns += 10 * MS
    maker._seq[WAITER] += 3
    maker.now_ns += 10 * MS
    wait(maker, 10, 10)
    maker.now_ns += 20 * MS
    wait(maker, 10, 10)
    lane = lanes_of(recorded(maker, tmp_path), Bins(START_NS, 10 * MS, 7), size)[WAITER]
    assert in_ms(lane) == {
        "asleep": [10, 0, 0, 10, 0, 0, 10],
        "lost": [0, 10, 10, 0, 0, 0, 0],
        "between": [0, 0, 0, 0, 10, 10, 0],
    }
    assert {place: each.ns for place, each in lane.held.items()} == {4: 20 * MS}


@pytest.mark.parametrize("size", SIZES)
def test_a_tid_that_is_used_again_did_nothing_in_between(size: int, tmp_path: Path) -> None:
    maker = Maker()
    wait(maker, 10, 10)
    maker.now_ns += 20 * MS
    maker._seq[WAITER] = 0
    wait(maker, 10, 10)
    lane = lanes_of(recorded(maker, tmp_path), Bins(START_NS, 10 * MS, 4), size)[WAITER]
    assert in_ms(lane) == {"asleep": [10, 0, 0, 10]}
    assert not lane.held


def test_a_call_that_has_not_returned_lasts_to_the_end(tmp_path: Path) -> None:
    maker = Maker()
    maker.call("epoll_wait", 0, fd=4, exit_ns=0)
    lane = lanes_of(recorded(maker, tmp_path), Bins(START_NS, 10 * MS, 2))[WAITER]
    assert in_ms(lane) == {"unseen": [10, 10]}
    assert lane.waits_from_ns == START_NS


@pytest.mark.parametrize("hook", [True, False])
def test_where_no_hook_saw_it_sleep_it_is_not_known(hook: bool, tmp_path: Path) -> None:
    maker = Maker(detached={} if hook else {"sched_switch": "EPERM"})
    unseen = {"unseen": int(Unseen.SWITCH_IN)} if hook else {}
    maker.call("epoll_wait", 1, fd=4, wall_ns=10 * MS, off_cpu_ns=5 * MS, **unseen)
    lane = lanes_of(recorded(maker, tmp_path), Bins(START_NS, 10 * MS, 1))[WAITER]
    assert in_ms(lane) == {"unseen": [10]}


def random_loops(maker: Maker) -> None:
    dice = random.Random(11)  # noqa: S311 - the same loops each time
    free = dict.fromkeys(TIDS, START_NS)
    for _ in range(120):
        tid = min(free, key=lambda each: free[each])
        maker.now_ns = free[tid]
        ms = dice.randint(1, 30)
        make = wait if dice.random() < 0.4 else work
        if make is wait:
            wait(maker, ms, dice.randint(0, ms), dice.randint(0, 3), tid)
        else:
            work(maker, dice.choice(("read", "write", "fsync")), ms, dice.randint(0, ms), tid=tid)
        free[tid] = maker.now_ns + dice.randint(0, 9) * MS
    maker.calls.sort(key=lambda cell: int.from_bytes(cell[16:24], "little"))  # as they returned
    maker.now_ns = max(free.values())


@pytest.mark.parametrize("size", SIZES)
def test_lanes_are_what_a_count_call_by_call_gives(size: int, tmp_path: Path) -> None:
    maker = Maker()
    random_loops(maker)
    recording = recorded(maker, tmp_path)
    bins = Bins(START_NS, 7 * MS, 120)
    calls = read_trace(tmp_path / "x.trace").calls
    for tid, lane in lanes_of(recording, bins, size).items():
        mine = calls[calls["tid"] == tid].sort_values("seq")
        expected = np.zeros((len(KINDS), bins.count))
        before = None
        for call in mine.itertuples():
            is_wait = call.family == "epoll_wait"
            off = call.off_cpu_ns / call.wall_ns
            for place in range(bins.count):
                low = bins.first_ns + place * bins.width_ns
                part = max(0, min(call.exit_ns, low + bins.width_ns) - max(call.enter_ns, low))
                expected[0 if is_wait else 3, place] += part * off
                expected[1 if is_wait else 2, place] += part * (1 - off)
                if before is not None:
                    gap = max(0, min(call.enter_ns, low + bins.width_ns) - max(before, low))
                    expected[4, place] += gap
            before = call.exit_ns
        assert np.abs(lane.time - expected).max() <= 5  # each call is rounded to a ns
        waits = mine[mine["family"] == "epoll_wait"]
        gaps = waits["enter_ns"].to_numpy()[1:] - waits["exit_ns"].to_numpy()[:-1]
        assert lane.held_times.sum() == (gaps >= 10 * MS).sum() > 5
        assert max(each.ns for each in lane.held.values()) == gaps.max()
        assert lane.events.sum() == waits["ret"].sum()
