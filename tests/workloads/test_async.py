"""Signal-driven I/O, AIO poll and io_uring poll, run natively; refusals are told, not hidden."""

from __future__ import annotations

import ctypes
import errno

import pytest

from tracer.workloads import aio_poll, io_uring_model, rawcalls, spec, uring_ring
from tracer.workloads.rig import Rig

KINDS = ["unix", "tcp", "pipe"]
BEFORE = {"fds": 7, "active": 3, "waker": "before", "rounds": 11}
ASLEEP = {"fds": 7, "active": 3, "waker": "while-asleep", "rounds": 3, "delay_ms": 5}


def one(run, **entry):
    """Run one phase and return its truth."""
    ended = run([entry])
    assert (ended.status, ended.stderr) == (0, "")
    (phase,) = ended.phases
    return phase


def test_layouts_are_the_kernels():
    sizes = (aio_poll._Iocb, aio_poll._Event, uring_ring.Params, uring_ring._Sqe, uring_ring._Cqe)
    assert [ctypes.sizeof(each) for each in sizes] == [64, 32, 120, 64, 16]


@pytest.mark.parametrize("kind", KINDS)
def test_a_signal_per_event(run, kind):
    phase = one(run, model="sigio", fd_kind=kind, **BEFORE)
    calls, results = phase["calls"], phase["results"]
    assert calls["fcntl"] == {"count": 21, "ret_sum": 0}
    assert calls["rt_sigtimedwait"] == {"count": 33, "ret_sum": 33 * results["signal"]}
    assert results["signalled"] == phase["active"] * 11
    assert results["vain"] == 0
    assert results["bytes_read"] == 33


def test_signals_while_asleep(run):
    phase = one(run, model="sigio", **ASLEEP)
    assert sorted(phase["results"]["signalled"]) == sorted(phase["active"] * 3)


@pytest.mark.parametrize("kind", [*KINDS, "eventfd"])
def test_a_poll_is_submitted_per_event(run, kind):
    phase = one(run, model="aio-poll", fd_kind=kind, **BEFORE)
    assert phase["calls"]["io_submit"] == {"count": 11, "ret_sum": 7 + 10 * 3}
    assert phase["calls"]["io_getevents"] == {"count": 11, "ret_sum": 33}
    assert phase["results"]["submitted"] == 37
    assert "refused" not in phase["results"]


def test_completed_while_asleep(run):
    phase = one(run, model="aio-poll", **ASLEEP)
    assert sum(map(len, phase["results"]["ready"])) == 9


@pytest.mark.parametrize("kind", [*KINDS, "eventfd"])
def test_oneshot_is_armed_per_event(run, kind):
    results = one(run, model="io-uring", fd_kind=kind, **BEFORE)["results"]
    assert (results["polls_added"], results["completions"], results["with_more"]) == (37, 33, 0)
    assert (results["events_unarmed"], results["polls_removed"]) == (33, 4)


def test_multishot_is_armed_once(run):
    phase = one(run, model="io-uring", shot="multishot", **BEFORE)
    results = phase["results"]
    assert (results["polls_added"], results["completions"], results["with_more"]) == (7, 33, 33)
    assert phase["calls"]["io_uring_enter"] == {"count": 2, "ret_sum": 14}, "arm, and remove"
    assert results["polls_removed"] == 7


@pytest.mark.parametrize("shot", ["oneshot", "multishot"])
def test_completions_stand_in_shared_memory(run, shot):
    results = one(run, model="io-uring", shot=shot, **BEFORE)["results"]
    assert (results["seen_unasked"], results["seen_after_wait"]) == (33, 0)
    assert len(results["ring_mappings"]) == 3
    assert all(row.split()[1] == "rw-s" for row in results["ring_mappings"])


@pytest.mark.parametrize("shot", ["oneshot", "multishot"])
def test_waited_for_while_asleep(run, shot):
    results = one(run, model="io-uring", shot=shot, **ASLEEP)["results"]
    assert results["completions"] == 9
    assert results["seen_after_wait"] >= 3


def test_rings_are_given_back(run):
    """More phases than rings could be kept: their memory counts against RLIMIT_MEMLOCK."""
    ended = run([{"model": "io-uring", "fds": 3, "rounds": 1, "name": f"n{i}"} for i in range(40)])
    assert (ended.status, len(ended.phases)) == (0, 40)
    assert len({phase["results"]["fd"] for phase in ended.phases}) == 1
    assert {len(phase["results"]["ring_mappings"]) for phase in ended.phases} == {3}


def refuse(monkeypatch, module, call, number):
    """Let the kernel answer ``call`` with an error, and everything else as it does."""
    real = rawcalls.syscall
    answer = {call: -number}
    monkeypatch.setattr(
        module, "syscall", lambda name, *rest: answer.get(name) or real(name, *rest)
    )


def results_of(model, **fields):
    """Run a model in this process, without a phase's marks, and return its results and calls."""
    rig = Rig(spec.parse([{"model": model, **fields}])[0])
    made = {"aio-poll": aio_poll.AioPoll, "io-uring": io_uring_model.IoUring}[model](rig)
    try:
        made.prepare()
        made.run()
        return made.results(), rig.tally.to_json()
    finally:
        made.close()
        rig.close()


@pytest.mark.parametrize("number", [errno.EPERM, errno.ENOSYS])
def test_no_io_uring(monkeypatch, number):
    refuse(monkeypatch, uring_ring, "io_uring_setup", number)
    results, calls = results_of("io-uring")
    name = errno.errorcode[number]
    assert results["refused"] == {"call": "io_uring_setup", "errno": number, "errno_name": name}
    assert calls == {"io_uring_setup": {"count": 1, "ret_sum": -number}}


def test_no_multishot(monkeypatch):
    """A kernel before 5.13 completes a request that it doesn't know with -EINVAL."""
    unknown = uring_ring.Completion(user_data=0, res=-errno.EINVAL, flags=0)
    monkeypatch.setattr(uring_ring.Ring, "take", lambda _: [unknown])
    results, calls = results_of("io-uring", shot="multishot")
    assert results["refused"] == {
        "call": "POLL_ADD, multishot", "errno": errno.EINVAL, "errno_name": "EINVAL",
    }  # fmt: skip
    assert results["completions"] == 0
    assert "read" not in calls


@pytest.mark.parametrize(
    ("call", "number", "calls"),
    [
        ("io_setup", errno.ENOSYS, {}),
        ("io_submit", errno.EINVAL, {"io_submit": {"count": 1, "ret_sum": -errno.EINVAL}}),
    ],
)
def test_no_aio_poll(monkeypatch, call, number, calls):
    refuse(monkeypatch, aio_poll, call, number)
    results, made = results_of("aio-poll")
    assert results["refused"]["call"].startswith(call)
    assert results["refused"]["errno"] == number
    assert made == calls
