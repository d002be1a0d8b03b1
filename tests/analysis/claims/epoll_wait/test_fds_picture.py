"""Polls against the ready list, callbacks fd by fd."""

from __future__ import annotations

from pathlib import Path

from analysis.claims.epoll_wait.fds_picture import FD_CALLBACKS, LIST_POLLS
from tests.analysis.epoll_scenes import Odd
from tests.analysis.making import epoll, vain
from tests.analysis.pictures.drawing import trace_of

AWAKE, SLEPT = "it did not sleep", "it slept"


def test_polls_against_items(tmp_path: Path) -> None:
    trace = trace_of(tmp_path, epoll(asleep=True), epoll(n=101, active=(3, 4)), vain())
    rows = LIST_POLLS.rows(trace).sort_values(["kind", "fds", "items"])
    assert rows[["kind", "fds", "items", "fd_polls", "calls"]].to_numpy().tolist() == [
        [AWAKE, 101, 2, 2, 3],
        [SLEPT, 41, 0, 0, 3],
        [SLEPT, 41, 1, 1, 1],
        [SLEPT, 41, 2, 2, 2],
    ]


def test_more_polls_are_above_the_line(tmp_path: Path) -> None:
    rows = LIST_POLLS.rows(trace_of(tmp_path, epoll(asleep=True, fd_polls=1009)))
    assert (rows["fd_polls"] == 1009).all()
    assert rows["items"].max() == 2


def test_callbacks_of_each_fd(tmp_path: Path) -> None:
    trace = trace_of(tmp_path, epoll(active=(39, 40), odd=Odd(woken=(0, 40))), epoll(rounds=5))
    rows = FD_CALLBACKS.rows(trace)
    assert len(rows) == 82
    ran = rows[rows["callbacks"] > 0]
    assert ran[["kind", "phase", "place", "callbacks"]].to_numpy().tolist() == [
        ["idle fds", "epoll-1", 1, 3],
        ["active fds", "epoll-1", 41, 3],
        ["active fds", "epoll-2", 41, 5],
    ]
    assert rows.loc[rows["callbacks"] == 0, "kind"].value_counts().to_dict() == {
        "idle fds": 78, "active fds": 1,
    }  # fmt: skip
