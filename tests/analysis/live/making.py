"""Hand-made sums."""

from __future__ import annotations

from analysis.live.rows import Call, Row, View
from tracer.shared.sums import COUNTS, SumKey, Sums

EPOLL_WAIT, READ, OPEN = 232, 0, 257
CALLS = {
    EPOLL_WAIT: Call("epoll_wait", "epoll_wait"),
    READ: Call("read", "read"),
    OPEN: Call("openat", "open"),
}


def sums(**counts: int) -> Sums:
    assert set(counts) <= set(COUNTS)
    return Sums({name: counts.get(name, 0) for name in COUNTS})


def key(syscall: int, tid: int = 71, fd: int = 5, pid: int = 70) -> SumKey:
    return SumKey(pid, tid, fd, syscall)


def row(syscall: int, seconds: float = 1.0, **counts: int) -> Row:
    return Row(70, 71, 5, CALLS[syscall], sums(**counts), seconds)


def view(*loops: Row, others: tuple[Row, ...] = ()) -> View:
    return View(loops, others, lambda _pid, fd: f"name of {fd}", lambda tid: f"task\x1b{tid}")
