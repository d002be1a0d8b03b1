"""The page of a program that is held up, recorded on this machine: tracepoints are enough."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from analysis.frames import read_trace
from analysis.looptime.lane import KINDS
from analysis.looptime.looptime import loop_time
from tests.live.running import PYTHON, tracer

pytestmark = pytest.mark.live

HELD_NS = 10_000_000


def test_a_loop_that_is_held_up(tmp_path: Path) -> None:
    trace, page = tmp_path / "x.trace", tmp_path / "x.html"
    done = tracer("record", "-o", trace, "--", *PYTHON, "-m", "tests.subjects.faults", "held-up")
    assert done.returncode == 0, done.stderr
    done = tracer("report", trace, "--html", page)
    assert done.returncode == 0, done.stderr

    read = read_trace(trace)
    found = loop_time(read.recording)
    loop, calls = found.threads[0], read.calls
    waits = calls[(calls["tid"] == loop.tid) & (calls["family"] == "epoll_wait")]
    waits = waits.sort_values("seq")
    gaps = waits["enter_ns"].to_numpy()[1:] - waits["exit_ns"].to_numpy()[:-1]
    assert loop.lane.waits.sum() == len(waits) > 0
    assert loop.lane.events.sum() == waits["ret"].sum()
    assert loop.lane.held_times.sum() == (gaps >= HELD_NS).sum() > 0
    assert found.held[0].hold_up.ns == gaps[gaps >= HELD_NS].max()

    mine = calls[(calls["tid"] == loop.tid) & ~calls["unfinished"]]
    alone = ~mine["family"].isin(["epoll_wait", "poll", "select"])
    for kind, rows in (("asleep", mine[~alone]), ("off_cpu", mine[alone])):
        drawn_ns = int(loop.lane.time[KINDS.index(kind)].sum())
        assert drawn_ns == pytest.approx(rows["off_cpu_ns"].sum(), abs=len(mine) * 100)

    held = page.read_text().partition('id="held"')[2].partition("</table>")[0]
    said = re.sub(r"<[^>]*>", " ", held)
    assert f"{found.held[0].thread.name} {loop.tid}" in said
    named = {each.call for each in found.held if each.call}
    assert named & {"clock_nanosleep", "fsync"}, "a disk may take longer than the sleep"
    assert all(call in said for call in named)
