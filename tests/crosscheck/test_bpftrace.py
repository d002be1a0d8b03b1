"""A bpftrace that is missing, or does not start, is reported."""

from __future__ import annotations

import pytest

from tracer.crosscheck import bpftrace, fixedload
from tracer.shared.errors import KernelError

POINTS = {"sock_poll": "kprobe:sock_poll"}


@pytest.mark.live
def test_a_bpftrace_that_does_not_start_is_reported():
    with pytest.raises(KernelError, match="bpftrace did not start: "):
        bpftrace.count({"x": "kprobe:there is none"}, fixedload.run)


def test_no_bpftrace(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(KernelError, match="install bpftrace"):
        bpftrace.count(POINTS, lambda prepare: prepare(1))
