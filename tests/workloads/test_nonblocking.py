"""A read without data returns -EAGAIN, however often it is made."""

from __future__ import annotations

import errno

import pytest


@pytest.mark.parametrize("waker", ["before", "while-asleep"])
def test_nonblocking_reads_find_nothing(one, waker):
    phase = one(model="nonblocking", polls=7, waker=waker, rounds=5, delay_ms=5)
    assert phase["results"]["eagain"] == 35
    assert phase["calls"]["read"] == {"count": 40, "ret_sum": 5 - 35 * errno.EAGAIN}


def test_nonblocking_without_data(one):
    phase = one(model="nonblocking", waker="none", rounds=5)
    assert phase["calls"] == {"read": {"count": 35, "ret_sum": -35 * errno.EAGAIN}}
