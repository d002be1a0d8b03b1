"""The workloads that look for limits: what they find on this machine, and leave as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

MAX_USER_WATCHES = Path("/proc/sys/fs/epoll/max_user_watches")


def one(run, **entry):
    """Run one phase and return its truth."""
    ended = run([entry])
    assert (ended.status, ended.stderr) == (0, "")
    return ended.phases[0]


def test_glibcs_macro_ends_at_1024(run):
    phase = one(run, model="select-limit")
    assert phase["results"]["first_refused"] == 1024
    assert "out of range" in phase["results"]["words"]
    assert phase["calls"]["select"]["count"] == 10, "one for each number up to 1,023 tried"


@pytest.mark.parametrize(("fds", "position"), [(1103, "last"), (2111, "last"), (2111, "first")])
def test_raw_select_returns_an_fd_beyond(run, fds, position):
    phase = one(
        run, model="select-raw", fds=fds, fd_kind="eventfd", position=position, rounds=5
    )  # fmt: skip
    assert phase["results"]["ready"] == [phase["active"]] * 5
    assert max(phase["fds"]) >= fds
    assert phase["calls"]["select"] == {"count": 5, "ret_sum": 5}


def test_raw_select_of_few_fds_has_n_1024_all_the_same(run):
    assert one(run, model="select-raw", fds=3, rounds=5)["calls"]["select"]["ret_sum"] == 5


def test_epoll_watches_every_fd_that_can_be_open(run):
    before = MAX_USER_WATCHES.read_text()
    phase = one(run, model="epoll-limits", fds=301)
    rows = phase["results"]["limits"]
    assert [row["limit"] for row in rows] == [301, 602]
    for row in rows:
        assert row["watched"] + row["others"] == row["limit"]
        assert (row["refused"], row["errno_name"]) == ("open", "EMFILE")
    assert phase["calls"]["epoll_ctl"] == {"count": rows[-1]["watched"], "ret_sum": 0}
    assert "in a guest of the lab only" in phase["results"]["user_watches"]["why_not"]
    assert MAX_USER_WATCHES.read_text() == before


def test_a_phase_after_it_has_its_fds(run):
    ended = run([{"model": "epoll-limits", "fds": 101}, {"model": "poll", "fds": 200}])
    assert (ended.status, ended.stderr) == (0, "")
    assert len(ended.phases[1]["fds"]) == 200
