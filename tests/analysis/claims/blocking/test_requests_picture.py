"""Where a read's time goes, how long reads take, how often a program has to ask."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.checks.undecided import Undecided
from analysis.claims.blocking.background_picture import NONBLOCKING_BACKGROUND
from analysis.claims.blocking.requests_picture import (
    BLOCKING_WAITS,
    NONBLOCKING_REPOLLS,
    NONBLOCKING_RETURNS,
)
from analysis.claims.mux.polls_picture import MUX_POLLS
from tests.analysis.handmade import Maker
from tests.analysis.making import background, blocking, nonblocking, sweep
from tests.analysis.pictures.drawing import marks_of, svg_of, trace_of


def test_time_of_blocking_reads(tmp_path: Path) -> None:
    trace = trace_of(tmp_path, blocking(rounds=2), blocking(kind="tcp", rounds=1))
    rows = BLOCKING_WAITS.rows(trace)
    assert rows.to_numpy().tolist() == [
        ["unix", 1, "off the CPU", 20.5, 20.0],
        ["unix", 2, "off the CPU", 20.5, 20.0],
        ["tcp", 1, "off the CPU", 20.5, 20.0],
        ["unix", 1, "on the CPU", 0.5, 20.0],
        ["unix", 2, "on the CPU", 0.5, 20.0],
        ["tcp", 1, "on the CPU", 0.5, 20.0],
    ]
    marks = marks_of(svg_of(BLOCKING_WAITS, {"6.1": rows}, "6.1"))
    assert sum("ms of this read: 21" in mark for mark in marks) == 3


def test_time_that_no_hook_saw_is_not_drawn(tmp_path: Path) -> None:
    gone = {"sched_switch": "EPERM"}
    assert BLOCKING_WAITS.rows(trace_of(tmp_path, blocking(), detached=gone)).empty


def test_lengths_of_reads(tmp_path: Path) -> None:
    trace = trace_of(tmp_path, blocking(rounds=2), nonblocking((4, 4)))
    rows = NONBLOCKING_RETURNS.rows(trace)
    assert rows[["what", "model", "us", "reads"]].to_numpy().tolist() == [
        ["non-blocking: no data", "nonblocking", 1.0, 6],
        ["non-blocking: data there", "nonblocking", 1.0, 2],
        ["blocking", "blocking", 19952.623, 2],
    ]


def test_requests_for_one_message(tmp_path: Path) -> None:
    rows = NONBLOCKING_REPOLLS.rows(trace_of(tmp_path, nonblocking((3, 1, 3)), blocking(rounds=2)))
    assert rows.to_numpy().tolist() == [
        ["nonblocking", 1, "found nothing", 2],
        ["nonblocking", 1, "got the data", 1],
        ["nonblocking", 2, "found nothing", 2],
        ["nonblocking", 3, "got the data", 2],
        ["blocking", 1, "got the data", 2],
    ]


def test_no_message_is_nothing_to_draw(tmp_path: Path) -> None:
    def in_vain(maker: Maker) -> None:
        maker.phase("nonblocking", active=(4,), rounds=1)
        maker.call("read", -11, fd=4)

    with pytest.raises(Undecided, match="no nonblocking read got a message"):
        NONBLOCKING_REPOLLS.rows(trace_of(tmp_path, in_vain))


def test_reads_around_the_write(tmp_path: Path) -> None:
    rows = NONBLOCKING_BACKGROUND.rows(trace_of(tmp_path, background((3, 2))))
    # A call takes 1,000 ns, and the next begins 10 ns after it.
    assert rows.sort_values(["message", "ms"]).to_numpy().tolist() == [
        ["unix 1", "read that finds nothing", -0.00202],
        ["unix 1", "read that finds nothing", -0.00101],
        ["unix 1", "write by another process", 0.0],
        ["unix 1", "read that gets the data", 0.00101],
        ["unix 2", "read that finds nothing", -0.00101],
        ["unix 2", "write by another process", 0.0],
        ["unix 2", "read that gets the data", 0.00101],
    ]


def test_a_write_that_was_not_seen_leaves_nothing_to_draw(tmp_path: Path) -> None:
    with pytest.raises(Undecided, match="2 writes and 3 messages"):
        NONBLOCKING_BACKGROUND.rows(trace_of(tmp_path, background(lost=True)))


def test_polls_of_one_pass(tmp_path: Path) -> None:
    rows = MUX_POLLS.rows(trace_of(tmp_path, *sweep(fd_polls=lambda n, k: n if k == 1 else 7)))
    assert rows.sort_values(["model", "fds", "fd_polls"]).to_numpy().tolist() == [
        [model, fds, fd_polls, 3]
        for model in ("poll", "select")
        for fds in (11, 101)
        for fd_polls in (7.0, float(fds))
    ]
