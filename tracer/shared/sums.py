"""What the probes add up instead of writing a record per call (``tracer top``).

Standard library only.
A sum is for one system call of one thread on one fd. C structs and ctypes' are made from these
tables (``tracer.bpf.layouts``), as those of records are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from tracer.shared.records import Field

BUCKETS: Final = 64
"""Buckets of a histogram: n counts times from 2^n to 2^(n+1) ns; the first also those below."""

KEY_FIELDS: Final = (
    Field("pid", "u4", "", "process (tgid)"),
    Field("tid", "u4", "", "thread"),
    Field("fd", "i4", "", "as in a call record", "the call has none", "-1"),
    Field("syscall", "u4", "", "number of the system call on the machine's architecture"),
)
"""``struct sum_key``."""

SUM_FIELDS: Final = (
    Field("calls", "u8", "calls", "that returned"),
    Field("empty", "u8", "calls", "that returned 0"),
    Field("failed", "u8", "calls", "that returned an error"),
    Field("again", "u8", "calls", "that returned EAGAIN; counted in failed too"),
    Field("returned", "u8", "", "sum of results above 0: events of a wait, bytes of a read"),
    Field("at_once", "u8", "calls", "waits with a timeout of 0"),
    Field("saturated", "u8", "calls", "epoll_waits that returned maxevents"),
    Field("slept", "u8", "calls", "that gave up the CPU of their own accord"),
    Field("wakeups", "u8", "wakeups", "of the thread while it was in one"),
    Field("wall_ns", "u8", "ns", "in the calls"),
    Field("off_cpu_ns", "u8", "ns", "of that, not running"),
    Field("longest_ns", "u8", "ns", "the longest call"),
    Field("longest_gap_ns", "u8", "ns", "waits: the longest time since the thread's wait before"),
    Field("took", f"u4*{BUCKETS}", "calls", "by the time they took"),
    Field("gaps", f"u4*{BUCKETS}", "waits", "by the time since the thread's wait before"),
)
"""``struct sums``: all but LONGEST are sums."""

COUNTS: Final = tuple(each.name for each in SUM_FIELDS if "*" not in each.type)
LONGEST: Final = ("longest_ns", "longest_gap_ns")
"""Not a sum: the largest since the thread's first call."""


class SumKey(NamedTuple):
    """Whose calls, and on what."""

    pid: int
    tid: int
    fd: int
    syscall: int


@dataclass
class Sums:
    """Sums of one key, or of several; for the attributes see SUM_FIELDS."""

    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTS, 0))
    took: list[int] = field(default_factory=lambda: [0] * BUCKETS)
    gaps: list[int] = field(default_factory=lambda: [0] * BUCKETS)

    def __getitem__(self, name: str) -> int:
        """Return one of COUNTS."""
        return self.counts[name]

    def add(self, other: Sums) -> None:
        """Add ``other`` to this."""
        for name, value in other.counts.items():
            mine = self.counts[name]
            self.counts[name] = max(mine, value) if name in LONGEST else mine + value
        for mine_of, theirs in ((self.took, other.took), (self.gaps, other.gaps)):
            mine_of[:] = [a + b for a, b in zip(mine_of, theirs, strict=True)]

    def since(self, before: Sums | None) -> Sums:
        """Return what was added since ``before``, earlier sums of the same key."""
        if before is None:
            return self
        return Sums(
            {
                name: value if name in LONGEST else value - before.counts[name]
                for name, value in self.counts.items()
            },
            [a - b for a, b in zip(self.took, before.took, strict=True)],
            [a - b for a, b in zip(self.gaps, before.gaps, strict=True)],
        )


@dataclass(frozen=True)
class Sample:
    """What was added up in one interval."""

    seconds: float
    sums: Mapping[SumKey, Sums]
    """By key; only keys with calls."""
    lost: int
    """Calls that found no room since the beginning."""

    def __iter__(self) -> Iterator[tuple[SumKey, Sums]]:
        """Yield keys and sums."""
        return iter(self.sums.items())


def quantile_ns(buckets: list[int], share: float) -> int | None:
    """Return a time that ``share`` of the counted ones do not exceed; None if none was counted.

    It is the upper end of a bucket: never too small, and at most twice too large. ``share`` is from
    0 to 1, else ValueError.
    """
    total = sum(buckets)
    if not total:
        return None
    seen = 0
    for number, count in enumerate(buckets):
        seen += count
        if seen >= share * total:
            return 2 << number
    raise ValueError(share)
