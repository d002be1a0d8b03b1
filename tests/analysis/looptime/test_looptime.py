from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from analysis.looptime.bins import bins_of
from analysis.looptime.looptime import MOST_LANES, loop_time
from tests.analysis import epoll_scenes
from tests.analysis.handmade import MS, START_NS, WAITER, WAKER, Maker
from tests.analysis.looptime.making import LOG, loop, recorded, wait, work

LOST = dict.fromkeys(("calls", "steps", "tasks", "entries", "waiters"), 0) | {"calls": 3}


def test_sums_of_a_loop(tmp_path: Path) -> None:
    maker = Maker()
    loop(maker)
    work(maker, "write", 1, 0, tid=WAKER)
    found = loop_time(recorded(maker, tmp_path))
    assert [(each.tid, each.name, each.waits, each.calls) for each in found.threads] == [
        (WAITER, "server", 4, 7), (WAKER, "client", 0, 1),
    ]  # fmt: skip
    assert found.loops
    assert [(each.call, each.fd_name, each.hold_up.ns // MS) for each in found.held] == [
        ("fsync", "/data/log", 40), ("read", None, 20), ("read", None, 20),
    ]  # fmt: skip
    waits = found.spreads["wait"]["server"]
    assert (waits.count, waits.least, waits.most, waits.total) == (4, 10 * MS, 30 * MS, 80 * MS)
    gaps = found.spreads["gap"]["server"]
    assert (gaps.count, gaps.total) == (3, 80 * MS)
    events = found.spreads["events"]["server"]
    assert (events.count, events.total) == (4, 7)
    assert found.not_measured["run"] == "recorded without --detail steps"
    assert "run" not in found.spreads


@pytest.mark.parametrize("size", [pytest.param(5, marks=pytest.mark.slow), 17])
def test_windows_of_any_size_give_the_same(size: int, tmp_path: Path) -> None:
    maker = Maker(detail="steps")
    epoll_scenes.epoll(maker, asleep=True)
    loop(maker)
    recording = recorded(maker, tmp_path)
    whole, parts = loop_time(recording), loop_time(recording, size=size)
    for one, other in zip(whole.threads, parts.threads, strict=True):
        assert (one.tid, one.waits, one.calls) == (other.tid, other.waits, other.calls)
        assert one.lane.time.tolist() == other.lane.time.tolist()
    assert [each.hold_up for each in whole.held] == [each.hold_up for each in parts.held]
    counted = [
        {what: {name: (each.count, each.total) for name, each in spreads.items()}
         for what, spreads in found.spreads.items()}
        for found in (whole, parts)
    ]  # fmt: skip
    assert counted[0] == counted[1]
    assert counted[0]["return"], "the scene has a wait that was woken"


def test_with_lost_calls_the_work_between_waits_is_not_shown(tmp_path: Path) -> None:
    maker = Maker()
    loop(maker)
    maker.manifest["losses"] = LOST
    found = loop_time(recorded(maker, tmp_path))
    assert "gap" not in found.spreads
    assert found.not_measured["gap"].startswith("lost: 3 calls")
    assert found.spreads["wait"]["server"].count == 4


def test_an_empty_trace(tmp_path: Path) -> None:
    found = loop_time(recorded(Maker(), tmp_path))
    assert (found.threads, found.held, found.spreads, found.loops) == ([], [], {}, False)
    assert found.fds.rows.empty


def test_threads_beyond_those_that_are_drawn_are_counted(tmp_path: Path) -> None:
    maker = Maker()
    for number in range(MOST_LANES + 3):
        for _ in range(2):
            work(maker, "read", 1, 0, tid=100 + number)
    wait(maker, 1, 1)
    found = loop_time(recorded(maker, tmp_path))
    assert found.threads[0].tid == WAITER
    assert (len(found.threads), found.more, found.more_calls) == (MOST_LANES, 4, 8)


def test_programs_beyond_four_are_taken_together(tmp_path: Path) -> None:
    maker = Maker()
    for number in range(6):
        maker.task(100 + number, f"p{number}")
        for _ in range(7 - number):
            wait(maker, 1, 1, tid=100 + number)
    spreads = loop_time(recorded(maker, tmp_path)).spreads["wait"]
    assert {name: each.count for name, each in spreads.items()} == {
        "p0": 7, "p1": 6, "p2": 5, "p3": 4, "other programs": 5,
    }  # fmt: skip


def test_the_time_of_a_recording_that_was_cut_or_killed(tmp_path: Path) -> None:
    maker = Maker()
    wait(maker, 100, 100)
    maker.manifest |= {"state": "recording", "losses": None}
    recording = recorded(maker, tmp_path)
    text = (recording.path / "manifest.json").read_text()
    ended = f'"ended_ns": {maker.manifest["ended_ns"]}'
    (recording.path / "manifest.json").write_text(text.replace(ended, '"ended_ns": null'))
    bins = bins_of(type(recording)(**vars(recording)))
    assert (bins.first_ns, bins.end_ns) == (START_NS, START_NS + 100 * MS)


def test_hot_fds(tmp_path: Path) -> None:
    maker = Maker()
    loop(maker)
    maker.call("read", -11, fd=7)
    maker.call("read", 100, fd=7)
    fds = loop_time(recorded(maker, tmp_path)).fds
    rows = fds.rows.set_index("fd")
    assert rows["calls"].to_dict() == {4: 4, 7: 4, LOG: 1}
    assert (rows["waits"][4], rows["events"][4]) == (4, 7)
    assert (rows["again"][7], rows["bytes"][7], rows["events"][7]) == (1, 102, 0)
    assert rows["name"][LOG] == "/data/log"
    assert rows["families"][7] == "read"
    assert rows["callbacks"].isna().all()
    assert fds.no_callbacks == "recorded without --detail steps"
    assert (fds.more, fds.all_calls) == (0, 9)


def test_callbacks_of_fds_where_hooks_saw_them(tmp_path: Path) -> None:
    maker = Maker(detail="steps")
    epoll_scenes.epoll(maker, asleep=True)
    recording = recorded(maker, tmp_path)
    fds = loop_time(recording).fds
    steps = pd.DataFrame(recording.steps.records[["kind", "fd", "owner_pid"]])
    seen = steps[(steps["kind"] == 5) & (steps["fd"] >= 0) & (steps["owner_pid"] > 0)]
    assert fds.no_callbacks is None
    assert fds.rows["callbacks"].sum() == len(seen) > 0
    gone = Maker(detail="steps", detached={"ep_poll_callback": "EPERM"})
    epoll_scenes.epoll(gone, asleep=True)
    assert loop_time(recorded(gone, tmp_path / "gone")).fds.rows["callbacks"].isna().all()
