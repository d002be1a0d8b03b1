"""A second process writes once the waiter sleeps, and ends with it."""

from __future__ import annotations

import signal
import time

import pytest

from tests.waiting import is_gone, wait_for
from tests.workloads.conftest import ENDLESS, child_of, each_kind


@pytest.mark.parametrize("model", ["select", "poll", "epoll", "blocking"])
@each_kind
def test_woken_while_asleep(one, model, kind):
    phase = one(model=model, fds=3, waker="while-asleep", rounds=3, fd_kind=kind, delay_ms=5)
    assert phase["waker_pid"] not in (None, phase["pid"])
    assert phase["calls"]["write"] == {"count": 3, "ret_sum": 24}, "commands to the waker"
    family = {"blocking": "read", "epoll": "epoll_wait"}.get(model, model)
    assert phase["calls"][family]["count"] == 3


def test_many_woken_while_asleep_all_come(one):
    phase = one(model="epoll", fds=7, active=7, waker="while-asleep", rounds=5, delay_ms=5)
    assert phase["calls"]["epoll_wait"]["count"] >= 5
    assert phase["calls"]["epoll_wait"]["ret_sum"] == 35
    assert phase["results"]["bytes_read"] == 35


def test_killed_waiter_leaves_no_waker(workload):
    process = workload.start([ENDLESS])
    waker = wait_for(lambda: child_of(process))
    time.sleep(0.1)
    process.kill()
    assert workload.end().status == -signal.SIGKILL
    wait_for(lambda: is_gone(waker))
