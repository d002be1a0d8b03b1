"""epoll watches every fd that can be open, and leaves the limits as they were."""

from __future__ import annotations

from pathlib import Path

MAX_USER_WATCHES = Path("/proc/sys/fs/epoll/max_user_watches")


def test_epoll_watches_every_fd_that_can_be_open(one):
    before = MAX_USER_WATCHES.read_text()
    phase = one(model="epoll-limits", fds=301)
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
