"""A poll is submitted per event; refusals are reported, not hidden."""

from __future__ import annotations

import ctypes
import errno

import pytest

from tests.workloads.conftest import ASLEEP, BEFORE, each_kind, refuse, results_of
from tracer.shared.iocb import Iocb
from tracer.workloads import aio_poll


def test_layouts_are_the_kernels():
    assert [ctypes.sizeof(each) for each in (Iocb, aio_poll._Event)] == [64, 32]


@each_kind
def test_a_poll_is_submitted_per_event(one, kind):
    phase = one(model="aio-poll", fd_kind=kind, **BEFORE)
    assert phase["calls"]["io_submit"] == {"count": 11, "ret_sum": 7 + 10 * 3}
    assert phase["calls"]["io_getevents"] == {"count": 11, "ret_sum": 33}
    assert phase["results"]["submitted"] == 37
    assert "refused" not in phase["results"]


def test_completed_while_asleep(one):
    phase = one(model="aio-poll", **ASLEEP)
    assert sum(map(len, phase["results"]["ready"])) == 9


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
