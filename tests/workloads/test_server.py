"""A server and its clients count the same requests, in each I/O model."""

from __future__ import annotations

import os
import signal

import pytest

from tests.waiting import is_gone, wait_for
from tests.workloads.conftest import child_of
from tracer.shared.errors import UsageError
from tracer.workloads import limits, spec

pytestmark = pytest.mark.slow  # trees of processes: each test starts several, and ends them

IOS = ["select", "poll", "epoll", "nonblocking"]
"""I/O models that wait in one process."""


@pytest.mark.parametrize("io", IOS)
def test_every_request_is_answered_and_counted_on_both_sides(one, io):
    phase = one(model="server", io=io, fds=41, active=3, rounds=11)
    results = phase["results"]
    counted = results["clients"]
    assert results["served"] == counted["requests"] == counted["responses"] == 33
    assert phase["calls"]["write"] == {"count": 11 + 33, "ret_sum": 11 + 33}
    assert len(phase["fds"]) == 41
    assert phase["active"] == phase["fds"][-3:]


@pytest.mark.parametrize("io", ["select", "poll", "epoll"])
def test_requests_that_are_there_before_take_one_wait_per_round(one, io):
    phase = one(model="server", io=io, fds=41, active=3, rounds=11)
    family = "epoll_wait" if io == "epoll" else io
    assert phase["calls"][family] == {"count": 11, "ret_sum": 33}


@pytest.mark.parametrize("io", ["select", "poll", "epoll"])
def test_server_that_sleeps_first(one, io):
    phase = one(model="server", io=io, fds=41, active=3, rounds=3, waker="while-asleep", delay_ms=5)
    family = "epoll_wait" if io == "epoll" else io
    assert phase["calls"][family]["count"] >= 3
    assert phase["calls"][family]["ret_sum"] == 9


def test_nonblocking_server_asks_every_connection(one):
    reads = one(model="server", io="nonblocking", fds=41, active=3, rounds=11)["calls"]["read"]
    assert reads["count"] % 41 == 0
    assert reads["ret_sum"] == 33 - 11 * (reads["count"] - 33)


def test_blocking_server_has_a_process_for_each_connection(one):
    phase = one(model="server", io="blocking", fds=11, active=3, rounds=7)
    assert phase["results"]["served"] == phase["results"]["clients"]["responses"] == 21
    assert phase["calls"]["write"] == {"count": 7, "ret_sum": 7}
    assert len({waiter["tid"] for waiter in phase["waiters"]}) == 11
    idle, active = phase["waiters"][:8], phase["waiters"][8:]
    assert [each["calls"] for each in idle] == [{"read": {"count": 1, "ret_sum": 0}}] * 8
    answered = {"read": {"count": 8, "ret_sum": 7}, "write": {"count": 7, "ret_sum": 7}}
    assert [each["calls"] for each in active] == [answered] * 3


def test_blocking_server_that_sleeps_first(one):
    phase = one(
        model="server", io="blocking", fds=3, active=1, rounds=3, waker="while-asleep", delay_ms=5
    )
    assert phase["results"]["served"] == 3


def test_a_thousand_idle_connections(one):
    phase = one(model="server", fds=1010, active=10, rounds=5)
    assert phase["calls"]["epoll_ctl"] == {"count": 1010, "ret_sum": 0}
    assert phase["calls"]["epoll_wait"] == {"count": 5, "ret_sum": 50}


def test_clients_that_are_killed_end_the_server(workload):
    process = workload.start(
        [{"model": "server", "fds": 3, "waker": "while-asleep", "delay_ms": 50_000}]
    )
    clients = wait_for(lambda: child_of(process))
    os.kill(clients, signal.SIGKILL)
    ended = workload.end()
    assert ended.status == 1
    assert ended.phases == []
    assert "workload: " in ended.stderr
    assert "Traceback" not in ended.stderr


def test_clients_go_with_a_killed_server(workload):
    process = workload.start(
        [{"model": "server", "fds": 3, "waker": "while-asleep", "delay_ms": 50_000}]
    )
    clients = wait_for(lambda: child_of(process))
    process.kill()
    workload.end()
    wait_for(lambda: is_gone(clients))


def test_wan_has_a_delay_by_default():
    (phase,) = spec.parse([{"model": "server", "link": "wan"}])
    assert (phase.link_delay_ms, phase.link_jitter_ms, phase.link_loss_percent) == (20, 2, 0)
    (phase,) = spec.parse([{"model": "server", "link": "wan", "link_delay_ms": 7}])
    assert phase.link_delay_ms == 7


def test_select_serves_as_many_as_its_fd_numbers_allow():
    limits.check_fd_limit(spec.parse([{"model": "server", "io": "select", "fds": 992}])[0])
    with pytest.raises(UsageError, match="at most 992 of kind tcp"):
        limits.check_fd_limit(spec.parse([{"model": "server", "io": "select", "fds": 993}])[0])


@pytest.mark.live
@pytest.mark.parametrize("io", IOS)
def test_server_over_a_lan(one, io):
    phase = one(model="server", io=io, fds=41, active=3, rounds=5, link="lan")
    assert phase["results"]["clients"]["responses"] == 15
    assert phase["results"]["link"]["queueing"] == ["noqueue", "noqueue"]


@pytest.mark.live
@pytest.mark.parametrize("model", ["blocking", "nonblocking", "select", "poll", "epoll"])
def test_models_over_a_lan(run, model):
    ended = run([{"model": model, "fd_kind": "tcp", "link": "lan", "fds": 3, "rounds": 5}])
    assert (ended.status, ended.stderr) == (0, "")
    assert ended.phases[0]["results"]["bytes_read"] == 5


@pytest.mark.live
def test_wan_is_late_or_unavailable(run):
    ended = run([{"model": "server", "fds": 5, "rounds": 3, "link": "wan", "link_jitter_ms": 0}])
    if ended.status:
        assert "this kernel has no netem (module sch_netem)" in ended.stderr
        assert ended.phases == []
    else:
        assert ended.phases[0]["results"]["clients"]["least_round_trip_us"] >= 40_000
