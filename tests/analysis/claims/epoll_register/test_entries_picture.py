"""Entries queued so far: once at ADD, again per poll, with each oneshot or once for many shots."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from analysis.checks.undecided import Undecided
from analysis.claims.epoll_register import entries_picture as pictures
from tests.analysis.claims.epoll_register.cases import NO_CALLBACK
from tests.analysis.making import both, epoll
from tests.analysis.pictures.drawing import trace_of


def series(rows: pd.DataFrame, kind: str, column: str = "per_fd") -> list[float]:
    return [float(value) for value in rows.loc[rows["kind"] == kind, column]]


def test_once_at_add_and_again_in_each_poll(tmp_path: Path) -> None:
    trace = trace_of(tmp_path, epoll(rounds=4), both(ready=41), detail="calls")
    rows = pictures.QUEUED.rows(trace)
    assert series(rows, "epoll_wait") == [1, 1, 1, 1, 1]
    assert series(rows, "epoll_wait", "waits") == [0, 1, 2, 3, 4]
    assert series(rows, "poll") == series(rows, "select") == [0, 1, 2, 3]


def test_an_epoll_wait_that_queues_entries_is_seen_to_rise(tmp_path: Path) -> None:
    rows = pictures.QUEUED.rows(trace_of(tmp_path, epoll(insertions=41), detail="calls"))
    assert series(rows, "epoll_wait") == [1, 2, 3, 4]


def test_insertions_that_no_hook_saw_are_not_zero(tmp_path: Path) -> None:
    unseen = {"add_wait_queue": "EPERM"}
    trace = trace_of(tmp_path, epoll(), both(ready=41), detail="calls", detached=unseen)
    assert trace.calls["insertions"].isna().all()
    with pytest.raises(Undecided, match="insertions were seen"):
        pictures.QUEUED.rows(trace)


def test_entries_stay_while_events_come(tmp_path: Path) -> None:
    rows = pictures.DRIVEN.rows(trace_of(tmp_path, epoll(active=(3, 4), asleep=True)))
    assert series(rows, "entries on the queue") == [1, 1, 1]
    assert series(rows, "callbacks so far") == [1, 2, 3]
    assert series(rows, "events so far") == [1, 2, 3]


def test_removed_entries_are_no_longer_queued(tmp_path: Path) -> None:
    rows = pictures.DRIVEN.rows(trace_of(tmp_path, epoll(dropped=True, odd=NO_CALLBACK)))
    assert series(rows, "entries on the queue") == [0, 0, 0]
    assert series(rows, "callbacks so far") == [0, 0, 0]
