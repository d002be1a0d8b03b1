"""Bytes per call and bytes of the program's buffer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from analysis.claims.epoll_register.bytes_picture import CANARIES, CTL_BYTES, WAIT_BYTES
from tests.analysis.claims.epoll_register.cases import NO_PUT_USER
from tests.analysis.making import epoll, memory
from tests.analysis.pictures.drawing import marks_of, svg_of, trace_of

ADD_IN, WAIT_IN, WAIT_OUT = "in, at ADD", "in, at wait", "out, at wait"


def values(rows: pd.DataFrame, *columns: str) -> list[list[Any]]:
    return sorted(rows[list(columns)].to_numpy().tolist())


def test_bytes_of_adds_and_waits(tmp_path: Path) -> None:
    trace = trace_of(tmp_path, epoll(), epoll(n=101, active=(3, 4)))
    assert values(CTL_BYTES.rows(trace), "kind", "fds", "bytes", "calls") == [
        [ADD_IN, 41, 12, 41],
        [ADD_IN, 101, 12, 101],
        [WAIT_IN, 41, 0, 3],
        [WAIT_IN, 101, 0, 3],
    ]
    assert values(WAIT_BYTES.rows(trace), "kind", "fds", "bytes", "calls")[2:] == [
        [WAIT_OUT, 41, 12, 3],
        [WAIT_OUT, 101, 24, 3],
    ]


def test_bytes_that_no_hook_saw_are_not_zero(tmp_path: Path) -> None:
    trace = trace_of(tmp_path, epoll(), detail="calls", detached=NO_PUT_USER)
    assert set(WAIT_BYTES.rows(trace)["kind"]) == {WAIT_IN}


def test_the_formula_is_drawn_beside_what_was_measured(tmp_path: Path) -> None:
    rows = CTL_BYTES.rows(trace_of(tmp_path, epoll(), epoll(n=101), detail="calls"))
    marks = marks_of(svg_of(CTL_BYTES, {"6.1": rows}, "6.1"))
    (measured,) = (mark for mark in marks if "calls: 101" in mark)
    assert "fds watched: 101; bytes per call: 12; kind: in, at ADD" in measured
    assert "fds watched: 41; bytes per call: 492; kind: all fds of the set" in marks


def test_what_changed_of_the_buffer(tmp_path: Path) -> None:
    trace = trace_of(tmp_path, memory(early=4, outside=2), detail="calls")
    assert values(CANARIES.rows(trace), "kind", "events", "bytes", "buffers") == [
        ["before epoll_wait", 1, 4, 1],
        ["before epoll_wait", 3, 4, 1],
        ["before epoll_wait", 7, 4, 1],
        ["by epoll_wait", 1, 12, 1],
        ["by epoll_wait", 3, 36, 1],
        ["by epoll_wait", 7, 84, 1],
        ["outside of the events", 1, 2, 1],
        ["outside of the events", 3, 2, 1],
        ["outside of the events", 7, 2, 1],
    ]
