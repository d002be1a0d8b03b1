"""Layouts are the kernel's."""

from __future__ import annotations

import ctypes

from tracer.shared import uring_ring


def test_layouts_are_the_kernels():
    sizes = (uring_ring.Params, uring_ring._Sqe, uring_ring._Cqe)
    assert [ctypes.sizeof(each) for each in sizes] == [120, 64, 16]
