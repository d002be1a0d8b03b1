"""Workloads run natively, and their truth is what such a program must have done."""

from __future__ import annotations

import errno

import pytest

KINDS = ["unix", "tcp", "pipe", "eventfd"]
ONCE = {"count": 23, "ret_sum": 23}


def one(run, **entry):
    """Run one phase and return its truth."""
    ended = run([entry])
    assert (ended.status, ended.stderr) == (0, "")
    (phase,) = ended.phases
    return phase


@pytest.mark.parametrize("model", ["select", "select-raw", "poll"])
@pytest.mark.parametrize("kind", ["unix", "pipe"])
def test_one_call_per_round(run, model, kind):
    phase = one(run, model=model, fds=40, position="first", fd_kind=kind)
    family = model.removesuffix("-raw")
    assert phase["calls"] == {"write": ONCE, family: ONCE, "read": ONCE}
    assert phase["active"] == phase["fds"][:1]
    assert phase["results"]["ready"] == [phase["active"]] * 23


@pytest.mark.parametrize("model", ["select", "poll", "epoll", "blocking", "nonblocking"])
@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_gives_the_bytes_written(run, model, kind):
    phase = one(run, model=model, fds=3, waker="before", fd_kind=kind, rounds=5)
    assert phase["results"]["bytes_read"] == 5 * (8 if kind == "eventfd" else 1)


def test_epoll_adds_each_fd_in_the_phase(run):
    calls = one(run, model="epoll", fds=40, active=3, position="middle")["calls"]
    assert calls["epoll_create"]["count"] == 1
    assert calls["epoll_ctl"] == {"count": 40, "ret_sum": 0}
    assert calls["epoll_wait"] == {"count": 23, "ret_sum": 69}


@pytest.mark.parametrize(
    ("fields", "ctls"),
    [
        ({"trigger": "edge"}, 5),
        ({"trigger": "exclusive"}, 5),
        ({"trigger": "oneshot"}, 5 + 23),
        ({"trigger": "level", "rearm": "mod"}, 5 + 23),
        ({"trigger": "level", "rearm": "del-add"}, 5 + 46),
        ({"trigger": "oneshot", "rearm": "del-add"}, 5 + 46),
        ({"trigger": "edge", "drain": False}, 5),
        ({"trigger": "level", "drain": False}, 5),
    ],
)
def test_epoll_triggers(run, fields, ctls):
    calls = one(run, model="epoll", fds=5, **fields)["calls"]
    assert calls["epoll_wait"] == ONCE
    assert calls["epoll_ctl"]["count"] == ctls


@pytest.mark.parametrize(
    ("position", "expected"), [("first", [0, 1]), ("middle", [4, 5]), ("last", [8, 9])]
)
def test_position(run, position, expected):
    phase = one(run, model="poll", fds=10, active=2, position=position)
    assert phase["active"] == [phase["fds"][index] for index in expected]
    assert phase["fds"] == sorted(phase["fds"])


@pytest.mark.parametrize("model", ["select", "poll", "epoll"])
@pytest.mark.parametrize("timeout_ms", [0, 3])
def test_nobody_writes(run, model, timeout_ms):
    phase = one(run, model=model, fds=5, waker="none", timeout_ms=timeout_ms)
    assert phase["results"]["timeouts"] == 23
    assert phase["active"] == []
    family = "epoll_wait" if model == "epoll" else model
    assert phase["calls"][family] == {"count": 23, "ret_sum": 0}
    assert "write" not in phase["calls"]


@pytest.mark.parametrize("model", ["select", "poll", "epoll", "blocking"])
@pytest.mark.parametrize("kind", KINDS)
def test_woken_while_asleep(run, model, kind):
    phase = one(run, model=model, fds=3, waker="while-asleep", rounds=3, fd_kind=kind, delay_ms=5)
    assert phase["waker_pid"] not in (None, phase["pid"])
    assert phase["calls"]["write"] == {"count": 3, "ret_sum": 24}, "commands to the waker"
    family = {"blocking": "read", "epoll": "epoll_wait"}.get(model, model)
    assert phase["calls"][family]["count"] == 3


def test_many_woken_while_asleep_all_come(run):
    phase = one(run, model="epoll", fds=7, active=7, waker="while-asleep", rounds=5, delay_ms=5)
    assert phase["calls"]["epoll_wait"]["count"] >= 5
    assert phase["calls"]["epoll_wait"]["ret_sum"] == 35
    assert phase["results"]["bytes_read"] == 35


@pytest.mark.parametrize("waker", ["before", "while-asleep"])
def test_nonblocking_asks_in_vain(run, waker):
    phase = one(run, model="nonblocking", polls=7, waker=waker, rounds=5, delay_ms=5)
    assert phase["results"]["eagain"] == 35
    assert phase["calls"]["read"] == {"count": 40, "ret_sum": 5 - 35 * errno.EAGAIN}


def test_nonblocking_without_data(run):
    phase = one(run, model="nonblocking", waker="none", rounds=5)
    assert phase["calls"] == {"read": {"count": 35, "ret_sum": -35 * errno.EAGAIN}}


def test_epoll_memory_is_not_shared(run):
    results = one(run, model="epoll-memory")["results"]
    assert (results["mmap_errno_name"], results["efault_errno_name"]) == ("ENODEV", "EFAULT")
    assert results["events_after_efault"] == 1
    assert results["eventpoll_mappings"] == results["shared_mappings"] == []
    assert [row["ready"] for row in results["rounds"]] == [1, 3, 7]
    for row in results["rounds"]:
        assert row["events_returned"] == row["ready"]
        assert row["changed_before_wait"] == row["canary_changed_outside"] == 0
        assert row["canary_bytes_changed"] == 12 * row["ready"]


def test_phases_are_numbered_and_give_their_fds_back(run):
    ended = run([{"model": "epoll", "fds": 20}, {"model": "select", "fds": 20, "name": "second"}])
    assert [phase["number"] for phase in ended.phases] == [1, 2]
    assert ended.phases[1]["name"] == ended.phases[1]["spec"]["name"] == "second"
    assert ended.phases[0]["fds"] == ended.phases[1]["fds"]


def test_many_events_are_not_listed(run):
    results = one(run, model="poll", fds=101, active=101, rounds=11)["results"]
    assert "ready" not in results
    assert results["bytes_read"] == 1111


def test_poll_ignores_what_is_negative(run):
    phase = one(run, model="poll-ignored", fds=40, rounds=5)
    assert phase["calls"] == {"poll": {"count": 5, "ret_sum": 0}}
    assert phase["active"] == []
