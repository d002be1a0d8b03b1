"""select takes fds beyond glibc's limit."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(("fds", "position"), [(1103, "last"), (2111, "last"), (2111, "first")])
def test_raw_select_returns_an_fd_beyond(one, fds, position):
    phase = one(
        model="select-raw", fds=fds, fd_kind="eventfd", position=position, rounds=5
    )  # fmt: skip
    assert phase["results"]["ready"] == [phase["active"]] * 5
    assert max(phase["fds"]) >= fds
    assert phase["calls"]["select"] == {"count": 5, "ret_sum": 5}


def test_raw_select_of_few_fds_has_n_1024_all_the_same(one):
    assert one(model="select-raw", fds=3, rounds=5)["calls"]["select"]["ret_sum"] == 5
