"""select, poll and epoll wait once per round, ready or not."""

from __future__ import annotations

import pytest

ONCE = {"count": 23, "ret_sum": 23}


@pytest.mark.parametrize("model", ["select", "select-raw", "poll"])
@pytest.mark.parametrize("kind", ["unix", "pipe"])
def test_one_call_per_round(one, model, kind):
    phase = one(model=model, fds=40, position="first", fd_kind=kind)
    family = model.removesuffix("-raw")
    assert phase["calls"] == {"write": ONCE, family: ONCE, "read": ONCE}
    assert phase["active"] == phase["fds"][:1]
    assert phase["results"]["ready"] == [phase["active"]] * 23


@pytest.mark.parametrize("model", ["select", "poll", "epoll"])
@pytest.mark.parametrize("timeout_ms", [0, 3])
def test_nobody_writes(one, model, timeout_ms):
    phase = one(model=model, fds=5, waker="none", timeout_ms=timeout_ms)
    assert phase["results"]["timeouts"] == 23
    assert phase["active"] == []
    family = "epoll_wait" if model == "epoll" else model
    assert phase["calls"][family] == {"count": 23, "ret_sum": 0}
    assert "write" not in phase["calls"]


def test_many_events_are_not_listed(one):
    results = one(model="poll", fds=101, active=101, rounds=11)["results"]
    assert "ready" not in results
    assert results["bytes_read"] == 1111
