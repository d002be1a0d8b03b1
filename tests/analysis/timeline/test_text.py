"""The timeline of one event in a terminal: lanes where they fit, a table where they don't."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from rich.text import Text

from analysis.frames import read_trace
from analysis.timeline import Timeline, timeline_of
from analysis.timeline.lanes import NARROWEST, timeline_lanes
from analysis.timeline.text import microseconds, time_words, timeline_table
from tests.analysis.handmade import Maker
from tests.analysis.timeline.scenes import epoll_asleep, poll_of_three

POLL_AT_120 = """\
The timeline of one call: poll, with 3 fds
6.1.0-56-amd64 · poll-1 · x.trace

      µs  waiter 71                                               waker 72
───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
       0  calls poll on 3 fds
       0  queues 3 entries, one on the wait queue of each: 3  ─┐  ⌊ 3 entries on the wait queues of 3 fds, 4 to 8
          fds, 4 to 8                                          │
          add_wait_queue x3                                    │
    0.01  polls 3 fds, 4 to 8: none can be read  sock_poll x3  │
    0.06  gives up the CPU and sleeps  sched_switch            │
    0.07  ┆ asleep for 0.03 µs                                 │  calls write on fd 9
    0.07  ┆                                                    ├─ runs the callback of the waiter's entry on fd 8:
          ┆                                                    │  marks its call as triggered
          ┆                                                    │  pollwake
    0.08  ┆                                                   ◂┼─ makes the waiter runnable  sched_waking
   0.085  ┆                                                    │  returns from write: 1 byte
    0.09  is on the CPU again  sched_switch                    │
     0.1  polls 3 fds, 4 to 8: fd 8 can be read  sock_poll x3  │
    0.13  removes 3 entries  remove_wait_queue x3             ─┘
    0.16  returns from poll: 1 fd is ready"""  # noqa: E501 - as wide as the terminal

POLL_AT_80 = """\
 who        kernel                what happens                               µs
 ──────────────────────────────────────────────────────────────────────────────
 waiter 71  poll                  calls poll on 3 fds                         0
 waiter 71  add_wait_queue x3     queues 3 entries, one on the wait           0
                                  queue of each: 3 fds, 4 to 8"""


def timeline(path: Path, scene: object = poll_of_three) -> Timeline:
    maker = Maker(detail="steps")
    assert callable(scene)
    scene(maker)
    return timeline_of(read_trace(maker.write(path / "x.trace")))


def test_lanes_at_120_columns(tmp_path: Path) -> None:
    assert timeline_lanes(timeline(tmp_path), 120) == POLL_AT_120


def test_table_at_80_columns(tmp_path: Path) -> None:
    assert timeline_table(timeline(tmp_path), 80).startswith(POLL_AT_80)


@pytest.mark.parametrize("width", [NARROWEST, 120, pytest.param(200, marks=pytest.mark.slow)])
@pytest.mark.parametrize("scene", [poll_of_three, epoll_asleep])
def test_width_is_kept(tmp_path: Path, width: int, scene: object) -> None:
    lines = timeline_lanes(timeline(tmp_path, scene), width).split("\n")
    assert max(Text(line).cell_len for line in lines) <= width


def test_colour_only_where_asked_for(tmp_path: Path) -> None:
    shown = timeline(tmp_path)
    plain, coloured = timeline_lanes(shown, 120), timeline_lanes(shown, 120, coloured=True)
    assert "\x1b" not in plain
    assert "\x1b[" in coloured
    assert Text.from_ansi(coloured).plain.split("\n")[6:8] == plain.split("\n")[6:8]


def test_names_cannot_control_the_terminal(tmp_path: Path) -> None:
    shown = timeline(tmp_path)
    first, second, *others = shown.moments
    moments = (first, dataclasses.replace(second, kernel="\x1b[2Jx"), *others)
    hostile = dataclasses.replace(shown, moments=moments, trace="\x1b]0;y\x07", phase="\x1b[31m")
    for text in (timeline_lanes(hostile, 120), timeline_table(hostile, 120)):
        assert "\x1b" not in text
        assert "\\x1b[2Jx" in text


def test_times() -> None:
    assert [str(time_words(ns)) for ns in (0, 30, 16_700, 999_999, 1_000_000, 71_402_890)] == [
        "0 µs", "0.03 µs", "16.7 µs", "1,000 µs", "1 ms", "71.4 ms",
    ]  # fmt: skip
    assert [microseconds(ns) for ns in (0, 85, 16_700, 70_403_000)] == [
        "0", "0.085", "16.7", "70,403",
    ]  # fmt: skip
