"""The outer instance returns the inner one."""

from __future__ import annotations

import pytest

ROUNDS = 3


@pytest.mark.parametrize("waker", ["before", "while-asleep"])
def test_nested_returns_the_inner_instance(one, waker):
    phase = one(model="epoll-nested", fds=3, rounds=ROUNDS, waker=waker, delay_ms=1)
    inner = phase["results"]["inner"]
    assert phase["results"]["ready"] == [[inner], phase["active"]] * ROUNDS
    assert phase["results"]["bytes_read"] == ROUNDS
    assert phase["calls"]["epoll_create"]["count"] == 2
