"""Polls are armed for one event or for all; refusals are reported, not hidden."""

from __future__ import annotations

import errno

import pytest

from tests.workloads.conftest import ASLEEP, BEFORE, each_kind, refuse, results_of
from tracer.shared import uring_ring


@each_kind
def test_oneshot_is_armed_per_event(one, kind):
    results = one(model="io-uring", fd_kind=kind, **BEFORE)["results"]
    assert (results["polls_added"], results["completions"], results["with_more"]) == (37, 33, 0)
    assert (results["events_unarmed"], results["polls_removed"]) == (33, 4)


def test_multishot_is_armed_once(one):
    phase = one(model="io-uring", shot="multishot", **BEFORE)
    results = phase["results"]
    assert (results["polls_added"], results["completions"], results["with_more"]) == (7, 33, 33)
    assert phase["calls"]["io_uring_enter"] == {"count": 2, "ret_sum": 14}, "arm, and remove"
    assert results["polls_removed"] == 7


@pytest.mark.parametrize("shot", ["oneshot", "multishot"])
def test_completions_are_in_shared_memory(one, shot):
    results = one(model="io-uring", shot=shot, **BEFORE)["results"]
    assert (results["seen_unasked"], results["seen_after_wait"]) == (33, 0)
    assert len(results["ring_mappings"]) == 3
    assert all(row.split()[1] == "rw-s" for row in results["ring_mappings"])


@pytest.mark.parametrize("shot", ["oneshot", "multishot"])
def test_waited_for_while_asleep(one, shot):
    results = one(model="io-uring", shot=shot, **ASLEEP)["results"]
    assert results["completions"] == 9
    assert results["seen_after_wait"] >= 3


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


def test_rings_are_unmapped(run):
    """More phases than rings that could be kept: their memory counts against RLIMIT_MEMLOCK."""
    ended = run([{"model": "io-uring", "fds": 3, "rounds": 1, "name": f"n{i}"} for i in range(40)])
    assert (ended.status, len(ended.phases)) == (0, 40)
    assert len({phase["results"]["fd"] for phase in ended.phases}) == 1
    assert {len(phase["results"]["ring_mappings"]) for phase in ended.phases} == {3}
