"""Shares of callbacks, wakeups and waits of epoll: how many of how many."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.checks.undecided import Undecided
from analysis.claims.epoll_wait import chain_picture as pictures
from analysis.pictures.shares import share_rows
from tests.analysis.claims.epoll_wait.cases import DIRECT, PULLED, UNSEEN
from tests.analysis.making import epoll, poll_asleep, vain
from tests.analysis.pictures.drawing import lines_of, trace_of


def test_where_the_waiter_was(tmp_path: Path) -> None:
    trace = trace_of(tmp_path, epoll(), epoll(asleep=True, active=(3, 4)), epoll(odd=PULLED))
    assert lines_of(pictures.PUSHES.rows(trace)) == {
        "waiter in no epoll_wait": (3, 12),
        "waiter asleep in epoll_wait": (6, 12),
        "waiter awake in epoll_wait": (0, 12),
        "run by the waiter's own epoll_wait": (3, 12),
        "all: inside the write of the data": (9, 12),
    }


def test_whose_entry_wakes(tmp_path: Path) -> None:
    rows = pictures.ENTRIES.rows(trace_of(tmp_path, epoll(asleep=True), epoll(), poll_asleep()))
    assert lines_of(rows) == {
        "poll: woken by the fd's entry": (2, 2),
        "epoll_wait: woken by the fd's entry": (0, 3),
        "epoll_wait: woken by another entry": (3, 3),
        "epoll: entry ran, nobody in epoll_wait": (3, 6),
    }
    assert rows["model"].tolist() == ["poll", "epoll", "epoll", "epoll"]


def test_whose_entry_wakes_without_poll(tmp_path: Path) -> None:
    rows = pictures.ENTRIES.rows(trace_of(tmp_path, epoll(asleep=True, odd=DIRECT), epoll()))
    assert lines_of(rows)["epoll_wait: woken by the fd's entry"] == (3, 3)
    assert set(rows["model"]) == {"epoll"}


def test_links_of_the_chain(tmp_path: Path) -> None:
    trace = trace_of(tmp_path, epoll(asleep=True), epoll(asleep=True, odd=UNSEEN))
    assert list(lines_of(pictures.LINKS.rows(trace)).values()) == [(6, 6), (3, 6), (6, 6), (6, 6)]


def test_own_queue(tmp_path: Path) -> None:
    trace = trace_of(tmp_path, epoll(), epoll(asleep=True, insertions=41))
    assert lines_of(pictures.OWN_QUEUE.rows(trace)) == {
        "woken by an entry of their own": (3, 3),
        "woken by an entry on an fd": (0, 3),
        "queued an entry on an fd": (3, 3),
    }


def test_which_waits_sleep(tmp_path: Path) -> None:
    trace = trace_of(tmp_path, epoll(), epoll(asleep=True, sleep_calls=2), vain())
    assert lines_of(pictures.OWN_QUEUE_ONCE.rows(trace)) == {
        "something was ready: slept": (0, 3),
        "nothing was ready: slept": (6, 6),
        "slept: more than once": (3, 6),
        "got an event: woken once by its entry": (3, 3),
    }


def test_parts_of_nothing_have_no_shares() -> None:
    rows = share_rows([("some", 1, 4), ("none of none", 0, 0)])
    assert rows[["what", "percent"]].to_numpy().tolist() == [["some", 25]]
    with pytest.raises(Undecided):
        share_rows([("none of none", 0, 0)])
