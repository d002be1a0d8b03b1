"""Layouts are the kernel's, and mappings are given back."""

from __future__ import annotations

import ctypes

from tracer.workloads import uring_ring


def test_layouts_are_the_kernels():
    sizes = (uring_ring.Params, uring_ring._Sqe, uring_ring._Cqe)
    assert [ctypes.sizeof(each) for each in sizes] == [120, 64, 16]


def test_rings_are_given_back(run):
    """More phases than rings could be kept: their memory counts against RLIMIT_MEMLOCK."""
    ended = run([{"model": "io-uring", "fds": 3, "rounds": 1, "name": f"n{i}"} for i in range(40)])
    assert (ended.status, len(ended.phases)) == (0, 40)
    assert len({phase["results"]["fd"] for phase in ended.phases}) == 1
    assert {len(phase["results"]["ring_mappings"]) for phase in ended.phases} == {3}
