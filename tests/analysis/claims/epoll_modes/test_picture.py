"""Shares of epoll's flags and of an instance in another."""

from __future__ import annotations

from pathlib import Path

from analysis.claims.epoll_modes import picture as pictures
from tests.analysis.claims.epoll_modes.cases import EDGE, LEVEL, nested, oneshot, triggered
from tests.analysis.pictures.drawing import lines_of, trace_of


def test_second_polls(tmp_path: Path) -> None:
    left = triggered("edge", (0, 1), drain=False)
    assert lines_of(pictures.SECOND_POLLS.rows(trace_of(tmp_path, LEVEL, EDGE, left))) == {
        "level-triggered: polled again": (3, 3),
        "edge-triggered: polled again": (0, 3),
        "edge-triggered, data left: polled": (1, 2),
    }


def test_without_an_fd_with_data_left_there_is_no_line(tmp_path: Path) -> None:
    assert len(pictures.SECOND_POLLS.rows(trace_of(tmp_path, LEVEL, EDGE))) == 2


def test_oneshot_between_event_and_mod(tmp_path: Path) -> None:
    trace = trace_of(tmp_path, oneshot(rounds=3, wakes=(True, False, False)))
    assert lines_of(pictures.ONESHOT.rows(trace)) == {
        "new data: the fd's callback ran": (3, 3),
        "new data: the callback woke the waiter": (1, 3),
        "new data: epoll_wait returned the fd": (0, 3),
        "after EPOLL_CTL_MOD: returned the fd": (3, 3),
    }


def test_nested_chain_that_breaks(tmp_path: Path) -> None:
    trace = trace_of(tmp_path, nested(chained=(True, False, True)))
    counts = [count for count, of in lines_of(pictures.NESTED.rows(trace)).values() if of == 3]
    assert counts == [3, 2, 2, 3, 3]
