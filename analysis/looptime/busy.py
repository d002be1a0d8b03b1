"""What a thread did between two of its waits, and what held it up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple, Self


class LongCall(NamedTuple):
    """The longest call of a stretch: how long it took, and which it is."""

    ns: int
    syscall: int
    seq: int
    fd: int
    enter_ns: int


NO_CALL: Final = LongCall(-1, 0, 0, -1, 0)


@dataclass(frozen=True)
class Busy:
    """A thread's calls other than waits, in a stretch of time without a wait.

    ``broken``: calls are missing, or they are of two tasks that had the same tid in turn.
    """

    calls_ns: int = 0
    off_cpu_ns: int = 0
    longest: LongCall = NO_CALL
    broken: bool = False

    def combine(self, later: Self, /) -> Self:
        """Return the sum of both stretches; of calls that took equally long the first is kept."""
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
        """How much of it is in no recorded call."""
        return max(0, self.ns - self.busy.calls_ns)

    @property
    def in_calls(self) -> bool:
        """Tell whether at least half of it is in recorded calls."""
        return 2 * self.busy.calls_ns >= self.ns
