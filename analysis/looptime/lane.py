"""The lane of one thread: what it did in each stretch of a recording, as a partial result.

A thread is in a wait (asleep or polling), in another call (on the CPU or off it), or between calls.
The time of a call that spans several stretches is split at their borders; how much of it the thread
slept is known only for the whole call, and shared out evenly. Time before a thread's first call and
after its last one is not shown. Where call numbers are missing in between, calls were lost: that
time is LOST and the gap is no hold-up. The calls of a signal handler lie within the call that it
interrupted, and count twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple, Self

import numpy as np

from analysis.findings.rules.held_up import HELD
from analysis.looptime.bins import Bins
from analysis.looptime.busy import BROKEN, NOTHING, Busy, HoldUp
from analysis.windows.totals import merged
from analysis.windows.window import Numbers

KINDS: Final = ("asleep", "polling", "on_cpu", "off_cpu", "between", "unseen", "lost")
"""What a thread's time is spent on: two kinds in waits, two in other calls, then the others."""
ASLEEP, POLLING, ON_CPU, OFF_CPU, BETWEEN, UNSEEN, LOST = range(len(KINDS))


class Edge(NamedTuple):
    """The number of a call at either end of a lane, and when it began or returned."""

    seq: int
    at_ns: int


@dataclass(frozen=True, eq=False)
class Lane:
    """The time of a thread by KINDS and stretch, in ns, and what the neighbouring lane needs.

    ``waits`` that returned in each stretch, and their ``events``. ``held`` has the longest hold-up
    that began in each stretch, ``held_times`` how many began. ``first`` and ``last`` are its calls
    at either end. ``head`` is what precedes the first wait, which began at ``waits_from_ns``,
    ``tail`` what follows the last one, which ended at ``waited_ns``; both times are None for a lane
    without a wait, all of which is in ``head``.
    """

    bins: Bins
    time: Numbers
    waits: Numbers
    events: Numbers
    held: Mapping[int, HoldUp]
    held_times: Numbers
    first: Edge
    last: Edge
    head: Busy
    tail: Busy
    waits_from_ns: int | None
    waited_ns: int | None

    def combine(self, later: Self, /) -> Self:
        """Return the lane of both stretches."""
        time = self.time + later.time
        follows = later.first.seq == self.last.seq + 1
        if later.first.seq > self.last.seq:
            kind = BETWEEN if follows else LOST
            add_between(time, self.bins, kind, [self.last.at_ns], [later.first.at_ns])
        before = (self.head if self.waits_from_ns is None else self.tail).combine(
            NOTHING if follows else BROKEN
        )
        into = before.combine(later.head)
        ours = replace(
            self,
            time=time,
            waits=self.waits + later.waits,
            events=self.events + later.events,
            held=longest(self.held, later.held),
            held_times=self.held_times + later.held_times,
            last=later.last,
        )
        if later.waits_from_ns is None:
            return replace(ours, head=into) if self.waited_ns is None else replace(ours, tail=into)
        ours = replace(ours, tail=later.tail, waited_ns=later.waited_ns)
        if self.waited_ns is None:
            return replace(ours, head=into, waits_from_ns=later.waits_from_ns)
        gap = HoldUp(self.waited_ns, later.waits_from_ns - self.waited_ns, into)
        return ours._held_up_by(gap)

    def _held_up_by(self, gap: HoldUp) -> Self:
        """Return the lane with ``gap`` added, if that is a hold-up."""
        if gap.busy.broken or gap.ns < HELD.value:
            return self
        place = int(self.bins.of(np.array([gap.at_ns]))[0])
        times = self.held_times.copy()
        times[place] += 1
        return replace(self, held=longest(self.held, {place: gap}), held_times=times)


@dataclass(frozen=True, eq=False)
class Lanes:
    """The lanes of some threads, by tid."""

    by_tid: Mapping[int, Lane]

    def combine(self, later: Self, /) -> Self:
        """Return the lanes of both stretches."""
        return type(self)(merged(self.by_tid, later.by_tid))


NO_LANES: Final = Lanes({})


def add_between(
    time: Numbers,
    bins: Bins,
    kind: int,
    starts: Sequence[int] | Numbers,
    ends: Sequence[int] | Numbers,
) -> None:
    """Add the intervals from ``starts`` to ``ends`` to ``time``, as ``kind``."""
    pieces = bins.pieces(np.asarray(starts, np.int64), np.asarray(ends, np.int64))
    np.add.at(time[kind], pieces.bin, pieces.ns)


def longest(one: Mapping[int, HoldUp], other: Mapping[int, HoldUp]) -> dict[int, HoldUp]:
    """Return for each stretch the longest hold-up; of several the first."""
    found = dict(one)
    for place, each in other.items():
        known = found.get(place)
        if known is None or (each.ns, -each.at_ns) > (known.ns, -known.at_ns):
            found[place] = each
    return found
