"""Workloads that write to a script, and those of several waiters, run natively."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from tests.waiting import is_gone, wait_for
from tracer.shared.errors import UsageError
from tracer.workloads import spec

ROUNDS = 3
CROWDS = [
    ("poll-crowd", "level"),
    ("epoll-crowd", "level"),
    ("epoll-crowd", "edge"),
    ("epoll-crowd", "exclusive"),
    ("epoll-shared-crowd", "level"),
    ("epoll-shared-crowd", "edge"),
]


def one(run, **entry):
    """Run one phase and return its truth."""
    ended = run([entry])
    assert (ended.status, ended.stderr) == (0, "")
    (phase,) = ended.phases
    return phase


def children_of(process):
    """Return the pids of the children of a running workload."""
    path = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    return [int(pid) for pid in path.read_text().split()]


@pytest.mark.parametrize("model", ["select", "poll", "epoll"])
@pytest.mark.parametrize("kind", ["unix", "tcp", "pipe", "eventfd"])
def test_noise_ends_no_call(run, model, kind):
    phase = one(run, model=f"{model}-naps", fd_kind=kind, rounds=ROUNDS, naps=5, delay_ms=1)
    family = "epoll_wait" if model == "epoll" else model
    assert phase["calls"][family] == {"count": ROUNDS, "ret_sum": ROUNDS}
    noise, end = phase["fds"]
    assert phase["results"]["noise"] == noise
    assert phase["active"] == [end]
    assert phase["results"]["ready"] == [[end]] * ROUNDS
    read = 8 + 8 if kind == "eventfd" else 5 + 1
    assert phase["results"]["bytes_read"] == ROUNDS * read


def test_without_noise_a_call_is_as_any_other(run):
    phase = one(run, model="poll-naps", rounds=ROUNDS, naps=0, delay_ms=1, fd_kind="eventfd",
                fds=3)  # fmt: skip
    assert phase["calls"]["poll"] == {"count": ROUNDS, "ret_sum": ROUNDS}


def test_oneshot_gives_one_event_per_mod(run):
    phase = one(run, model="epoll-oneshot", rounds=ROUNDS, delay_ms=1)
    oneshot, bell = phase["results"]["oneshot"], phase["results"]["bell"]
    assert phase["results"]["ready"] == [[oneshot], [bell], [oneshot]] * ROUNDS
    assert phase["calls"]["epoll_ctl"] == {"count": 2 + 2 * ROUNDS, "ret_sum": 0}


@pytest.mark.parametrize("waker", ["before", "while-asleep"])
def test_nested_returns_the_inner_instance(run, waker):
    phase = one(run, model="epoll-nested", fds=3, rounds=ROUNDS, waker=waker, delay_ms=1)
    inner = phase["results"]["inner"]
    assert phase["results"]["ready"] == [[inner], phase["active"]] * ROUNDS
    assert phase["results"]["bytes_read"] == ROUNDS
    assert phase["calls"]["epoll_create"]["count"] == 2


@pytest.mark.parametrize(("model", "trigger"), CROWDS)
@pytest.mark.parametrize("kind", ["eventfd", "unix"])
def test_every_event_of_a_crowd_is_taken_once(run, model, trigger, kind):
    extra = {} if model == "poll-crowd" else {"trigger": trigger}
    phase = one(run, model=model, waiters=4, rounds=7, fd_kind=kind, **extra)
    waiters = phase["waiters"]
    assert phase["calls"]["write"] == {"count": 7, "ret_sum": 56 if kind == "eventfd" else 7}
    assert len({phase["tid"], *(waiter["tid"] for waiter in waiters)}) == 5
    assert sum(waiter["results"]["events"] for waiter in waiters) == 7
    family = "poll" if model == "poll-crowd" else "epoll_wait"
    for waiter in waiters:
        found = waiter["results"]
        waits = found["events"] + found["in_vain"] + 1
        assert waiter["calls"][family]["count"] == waits
        assert waiter["calls"].get("read", {"count": 0})["count"] == waits - 1


def test_waiters_that_leave_have_an_event_each(run):
    phase = one(run, model="epoll-shared-crowd", waiters=5, rounds=5, trigger="edge", leave=True)
    assert [waiter["results"]["events"] for waiter in phase["waiters"]] == [1] * 5
    assert all(waiter["calls"]["epoll_wait"]["count"] == 1 for waiter in phase["waiters"])


def test_some_stay_when_events_are_few(run):
    phase = one(run, model="epoll-shared-crowd", waiters=5, rounds=2, trigger="edge", leave=True)
    assert sum(waiter["results"]["events"] for waiter in phase["waiters"]) == 2


ENDLESS = {"model": "epoll-crowd", "name": "endless", "waiters": 3, "rounds": 10**7}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_no_waiter_outlives_its_parent(workload, number):
    process = workload.start([ENDLESS])
    waiters = wait_for(lambda: found if len(found := children_of(process)) == 3 else None)
    time.sleep(0.1)
    process.send_signal(number)
    assert workload.end().status == (-number if number == signal.SIGKILL else 128 + number)
    wait_for(lambda: all(map(is_gone, waiters)))


def test_waiter_that_dies_is_told_of(workload):
    process = workload.start([ENDLESS])
    waiters = wait_for(lambda: found if len(found := children_of(process)) == 3 else None)
    os.kill(waiters[1], signal.SIGKILL)
    ended = workload.end()
    assert ended.status == 1
    assert ended.stderr == "workload: a waiter of 'endless' ended before it was told to\n"
    wait_for(lambda: all(map(is_gone, waiters)))


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"model": "poll-naps", "fds": 1}, "poll-naps has 1 fd; needed 2 or more"),
        ({"model": "epoll-oneshot", "fds": 1}, "epoll-oneshot has 1 fd; needed 2 or more"),
        ({"model": "poll-naps", "naps": 64}, "one read takes back 63; lower naps"),
        ({"model": "poll-naps", "waker": "before"}, "poll-naps has no waker"),
        ({"model": "poll", "naps": 3}, "poll has no naps"),
        ({"model": "poll", "waiters": 5}, "poll has no waiters"),
        ({"model": "poll-crowd", "waiters": 0}, "waiters of 'poll-crowd-n1-last' is 0"),
        ({"model": "poll-crowd", "trigger": "edge"}, "poll-crowd has no trigger"),
        ({"model": "poll-crowd", "leave": 1}, "leave of phase 1 is 1; needed true or false"),
        ({"model": "epoll-crowd", "trigger": "oneshot"}, "epoll-crowd has no trigger oneshot"),
        (
            {"model": "epoll-shared-crowd", "trigger": "exclusive"},
            "epoll-shared-crowd has no trigger exclusive",
        ),
        ({"model": "poll-crowd", "leave": True, "rounds": 4}, "lower rounds or raise waiters"),
    ],
)
def test_wrong_request(entry, words):
    with pytest.raises(UsageError) as caught:
        spec.parse([entry])
    assert words in str(caught.value)
