"""Loops and fds from sums, of one interval or of a whole sampling."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tracer.shared.sums import SumKey, Sums, quantile_ns

WAITS: Final = frozenset({"select", "poll", "epoll_wait"})
"""Families of calls that wait for any of several fds."""


@dataclass(frozen=True)
class Call:
    """A system call: its name, and its family in ``tracer.shared.syscalls``."""

    name: str
    family: str


@dataclass(frozen=True)
class Row:
    """Calls of one kind on one fd: waits by thread, other calls by process."""

    pid: int
    tid: int
    fd: int
    call: Call
    sums: Sums
    seconds: float

    @property
    def per_s(self) -> float:
        """Return calls per second."""
        return self.sums["calls"] / self.seconds if self.seconds > 0 else 0.0

    @property
    def wakeups_per_s(self) -> float:
        """Return how often per second the thread was woken in these calls."""
        return self.sums["wakeups"] / self.seconds if self.seconds > 0 else 0.0

    @property
    def returned_per_call(self) -> float | None:
        """Return events or bytes per call that returned any; None if none did."""
        some = self.sums["calls"] - self.sums["empty"] - self.sums["failed"]
        return self.sums["returned"] / some if some else None

    def share(self, of: str) -> float:
        """Return the share of calls that ``of`` counts."""
        return self.sums[of] / self.sums["calls"]

    @property
    def kernel_ns(self) -> float:
        """Return the mean time in the kernel and on a CPU, per call."""
        return max(0, self.sums["wall_ns"] - self.sums["off_cpu_ns"]) / self.sums["calls"]

    @property
    def gap_p99_ns(self) -> int | None:
        """Return a time that 99 % of the gaps between two waits did not exceed."""
        return quantile_ns(self.sums.gaps, 0.99)


def loops(
    sums: Iterable[tuple[SumKey, Sums]], calls: Mapping[int, Call], seconds: float
) -> list[Row]:
    """Return a row per thread and fd that it waits on, those with the most waits first."""
    found = [
        Row(key.pid, key.tid, key.fd, calls[key.syscall], each, seconds)
        for key, each in sums
        if key.syscall in calls and calls[key.syscall].family in WAITS
    ]
    return sorted(found, key=_by_calls)


def others(
    sums: Iterable[tuple[SumKey, Sums]], calls: Mapping[int, Call], seconds: float
) -> list[Row]:
    """Return a row per process, fd and call other than waits, those with the most calls first."""
    added: dict[tuple[int, int, int], Sums] = {}
    for key, each in sums:
        if key.syscall in calls and calls[key.syscall].family not in WAITS:
            added.setdefault((key.pid, key.fd, key.syscall), Sums()).add(each)
    found = [
        Row(pid, pid, fd, calls[syscall], each, seconds)
        for (pid, fd, syscall), each in added.items()
    ]
    return sorted(found, key=_by_calls)


def _by_calls(row: Row) -> tuple[int, int, int, str]:
    return -row.sums["calls"], row.tid, row.fd, row.call.name


Names = Callable[[int, int], str]
"""(pid, fd) → what is behind the fd; empty if that is not known."""
Comms = Callable[[int], str]
"""tid → the name of the task; empty if it has ended."""


@dataclass(frozen=True)
class View:
    """What to show of an interval, and the names of fds and tasks."""

    loops: Sequence[Row]
    others: Sequence[Row]
    names: Names
    comms: Comms


class Total:
    """Sums since the sampling began."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.seconds = 0.0
        self.sums: dict[SumKey, Sums] = {}

    def add(self, sums: Iterable[tuple[SumKey, Sums]], seconds: float) -> None:
        """Add one interval."""
        self.seconds += seconds
        for key, each in sums:
            self.sums.setdefault(key, Sums()).add(each)
