"""What a thread did between two of its waits, and what held it up there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple, Self


class LongCall(NamedTuple):
    """The longest call of a stretch: how long it took, and which one it is."""

    ns: int
    syscall: int
    seq: int
    fd: int
    enter_ns: int


NO_CALL: Final = LongCall(-1, 0, 0, -1, 0)


@dataclass(frozen=True)
class Busy:
    """Calls of a thread that are no waits, of a stretch of time without one.

    ``broken``: calls of it are missing, or it is of two tasks that had one tid after the other.
    """

    calls_ns: int = 0
    off_cpu_ns: int = 0
    longest: LongCall = NO_CALL
    broken: bool = False

    def combine(self, later: Self, /) -> Self:
        """Return what both stretches come to; of calls that took equally long the first stands."""
        longest = later.longest if later.longest.ns > self.longest.ns else self.longest
        return type(self)(
            self.calls_ns + later.calls_ns,
            self.off_cpu_ns + later.off_cpu_ns,
            longest,
            self.broken or later.broken,
        )


NOTHING: Final = Busy()
BROKEN: Final = Busy(broken=True)


@dataclass(frozen=True)
class HoldUp:
    """A long time between two waits of a thread: from ``at_ns`` (boot clock) on, ``ns`` long."""

    at_ns: int
    ns: int
    busy: Busy

    @property
    def outside_ns(self) -> int:
        """The part of it that is in no recorded call."""
        return max(0, self.ns - self.busy.calls_ns)

    @property
    def in_calls(self) -> bool:
        """Whether half of it or more is in recorded calls."""
        return 2 * self.busy.calls_ns >= self.ns
