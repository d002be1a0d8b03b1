"""Each event of several waiters is taken once, and no waiter is left behind."""

from __future__ import annotations

import json
import os
import signal
import time

import pytest

from tests.waiting import is_gone, wait_for
from tests.workloads.conftest import children_of

pytestmark = pytest.mark.slow  # trees of processes: each test starts several, and ends them

HERDS = [
    ("poll-herd", "level"),
    ("epoll-herd", "level"),
    ("epoll-herd", "edge"),
    ("epoll-herd", "exclusive"),
    ("epoll-shared-herd", "level"),
    ("epoll-shared-herd", "edge"),
]
ENDLESS = {"model": "epoll-herd", "name": "endless", "waiters": 3, "rounds": 10**7}


@pytest.mark.parametrize(("model", "trigger"), HERDS)
@pytest.mark.parametrize("kind", ["eventfd", pytest.param("unix", marks=pytest.mark.slow)])
def test_every_event_of_a_herd_is_taken_once(one, model, trigger, kind):
    extra = {} if model == "poll-herd" else {"trigger": trigger}
    phase = one(model=model, waiters=4, rounds=7, fd_kind=kind, **extra)
    waiters = phase["waiters"]
    assert phase["calls"]["write"] == {"count": 7, "ret_sum": 56 if kind == "eventfd" else 7}
    assert len({phase["tid"], *(waiter["tid"] for waiter in waiters)}) == 5
    assert sum(waiter["results"]["events"] for waiter in waiters) == 7
    family = "poll" if model == "poll-herd" else "epoll_wait"
    for waiter in waiters:
        found = waiter["results"]
        waits = found["events"] + found["in_vain"] + 1
        assert waiter["calls"][family]["count"] == waits
        assert waiter["calls"].get("read", {"count": 0})["count"] == waits - 1


def test_waiters_that_leave_have_an_event_each(one):
    phase = one(model="epoll-shared-herd", waiters=5, rounds=5, trigger="edge", leave=True)
    assert [waiter["results"]["events"] for waiter in phase["waiters"]] == [1] * 5
    assert all(waiter["calls"]["epoll_wait"]["count"] == 1 for waiter in phase["waiters"])


def test_some_stay_when_events_are_few(one):
    phase = one(model="epoll-shared-herd", waiters=5, rounds=2, trigger="edge", leave=True)
    assert sum(waiter["results"]["events"] for waiter in phase["waiters"]) == 2


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_no_waiter_outlives_its_parent(workload, number):
    process = workload.start([ENDLESS])
    waiters = wait_for(lambda: found if len(found := children_of(process)) == 3 else None)
    time.sleep(0.1)
    process.send_signal(number)
    assert workload.end().status == (-number if number == signal.SIGKILL else 128 + number)
    wait_for(lambda: all(map(is_gone, waiters)))


def test_waiter_that_dies_is_reported(workload):
    process = workload.start([ENDLESS])
    waiters = wait_for(lambda: found if len(found := children_of(process)) == 3 else None)
    os.kill(waiters[1], signal.SIGKILL)
    ended = workload.end()
    assert ended.status == 1
    assert ended.stderr == f"workload: {json.loads(workload.truth.read_text())['error']}\n"
    assert ended.stderr == "workload: a waiter of 'endless' ended before it was told to\n"
    wait_for(lambda: all(map(is_gone, waiters)))
