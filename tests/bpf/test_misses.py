"""A zero that the kernel did not count is no zero."""

from __future__ import annotations

import pytest

from tracer.bpf import misses
from tracer.bpf.misses import Misses


class Kernel:
    """Counts misses of given programs; the trial's is program 5."""

    def __init__(self, counts: dict[int, int | None]) -> None:
        self.counts = counts
        self.loaded: list[str] = []

    def load_trivial(self, kind):
        self.loaded.append(kind)
        return 5

    def recursion_misses(self, fd):
        return self.counts[fd]

    def create_array(self, _name, _value_bytes):
        return 7

    def map_update(self, map_fd, _key, _value):
        assert map_fd == 7


@pytest.fixture(autouse=True)
def no_real_fds(monkeypatch):
    monkeypatch.setattr(misses, "_open_kprobe", lambda _: 6)
    monkeypatch.setattr(misses.fcntl, "ioctl", lambda *_: 0)
    monkeypatch.setattr(misses.os, "close", lambda _: None)


def test_trampolines_and_tracepoints_are_counted():
    kernel = Kernel({3: 0, 4: 2})
    assert [Misses(kernel).of(kind, fd) for kind, fd in (("fexit", 3), ("raw_tp", 4))] == [0, 2]
    assert kernel.loaded == []


def test_a_kernel_that_counts_no_misses_at_all():
    assert Misses(Kernel({3: None})).of("fentry", 3) is None


def test_kprobes_where_the_trial_was_counted():
    kernel = Kernel({3: 0, 4: 1, 5: 1})
    counter = Misses(kernel)
    assert [counter.of("kprobe", 3), counter.of("kprobe", 4)] == [0, 1]
    assert kernel.loaded == ["kprobe"], "tried once"


@pytest.mark.parametrize("trial", [0, None])
def test_kprobes_where_it_was_not(trial):
    assert Misses(Kernel({3: 0, 5: trial})).of("kprobe", 3) is None


def test_kprobes_where_the_trial_is_refused(monkeypatch):
    def refuse(_):
        raise PermissionError

    monkeypatch.setattr(misses, "_open_kprobe", refuse)
    assert Misses(Kernel({3: 0, 5: 1})).of("kprobe", 3) is None


def test_breakpoints_are_never_counted():
    assert Misses(Kernel({3: 0})).of("breakpoint", 3) is None
