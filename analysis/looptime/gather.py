"""Gathers the lanes of threads from a window of a trace (analysis.looptime.lane)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from analysis.findings.rules.held_up import HELD
from analysis.findings.selecting import WAITS
from analysis.looptime.bins import Bins
from analysis.looptime.busy import BROKEN, NOTHING, Busy, HoldUp, LongCall
from analysis.looptime.lane import (
    ASLEEP,
    BETWEEN,
    KINDS,
    LOST,
    NO_LANES,
    OFF_CPU,
    ON_CPU,
    POLLING,
    UNSEEN,
    Edge,
    Lane,
    Lanes,
    add_between,
)
from analysis.trace.missing import FAMILY_NAMES, Flags
from analysis.windows.window import Numbers, Window

FIELDS: Final = ("seq", "enter_ns", "exit_ns", "off_cpu_ns", "ret", "syscall", "fd")
_WAITS: Final = np.isin(np.array(FAMILY_NAMES), WAITS)


class Calls(NamedTuple):
    """Calls of one thread in order of return; an unfinished one ends with the recording.

    ``known``: its time off the CPU is known; ``returned``: its result is.
    """

    seq: Numbers
    start: Numbers
    end: Numbers
    off_cpu: Numbers
    ret: Numbers
    syscall: Numbers
    fd: Numbers
    wait: Flags
    known: Flags
    returned: Flags


def gather_lanes(window: Window, tids: Sequence[int], bins: Bins) -> Lanes:
    """Return the lanes of ``tids`` in ``window``."""
    of_tid = window.of_calls("tid")
    chosen = np.flatnonzero(np.isin(of_tid, np.array(tids, np.uint32)))
    if not len(chosen):
        return NO_LANES
    fields = {name: window.of_calls(name)[chosen].astype(np.int64) for name in FIELDS}
    end = np.where(fields["exit_ns"] == 0, bins.end_ns, fields["exit_ns"])
    calls = Calls(
        seq=fields["seq"],
        start=fields["enter_ns"],
        end=np.maximum(end, fields["enter_ns"]),
        off_cpu=fields["off_cpu_ns"],
        ret=fields["ret"],
        syscall=fields["syscall"],
        fd=fields["fd"],
        wait=_WAITS[window.families[chosen]],
        known=~_lacks(window, "kernel_ns")[chosen],
        returned=~_lacks(window, "ret")[chosen],
    )
    mine = of_tid[chosen]
    return Lanes(
        {
            tid: _lane(Calls(*(field[mine == tid] for field in calls)), bins)
            for tid in np.unique(mine).tolist()
        }
    )


def _lacks(window: Window, column: str) -> Flags:
    return window.missing.get(column, np.zeros(len(window.calls), bool))


def _lane(calls: Calls, bins: Bins) -> Lane:
    time = np.zeros((len(KINDS), bins.count), np.int64)
    _add_calls(time, bins, calls)
    step = np.diff(calls.seq)
    for kind, where in ((BETWEEN, step == 1), (LOST, step > 1)):
        add_between(time, bins, kind, calls.end[:-1][where], calls.start[1:][where])
    waits = np.flatnonzero(calls.wait)
    first, last = (int(waits[0]), int(waits[-1])) if len(waits) else (len(calls.seq),) * 2
    returned = calls.wait & calls.returned
    events = np.bincount(
        bins.of(calls.end[returned]), np.maximum(calls.ret[returned], 0), bins.count
    )
    held, held_times = _hold_ups(calls, waits, bins)
    return Lane(
        bins=bins,
        time=time,
        waits=np.bincount(bins.of(calls.end[waits]), minlength=bins.count),
        events=events.astype(np.int64),
        held=held,
        held_times=held_times,
        first=Edge(int(calls.seq[0]), int(calls.start[0])),
        last=Edge(int(calls.seq[-1]), int(calls.end[-1])),
        head=_busy(calls, -1, first),
        tail=_busy(calls, last, len(calls.seq)),
        waits_from_ns=int(calls.start[first]) if len(waits) else None,
        waited_ns=int(calls.end[last]) if len(waits) else None,
    )


def _hold_ups(calls: Calls, waits: Numbers, bins: Bins) -> tuple[dict[int, HoldUp], Numbers]:
    """Return for each stretch the longest hold-up that began in it, and how many began."""
    before, behind = waits[:-1], waits[1:]
    gaps = calls.start[behind] - calls.end[before]
    broken = np.cumsum(np.diff(calls.seq, prepend=calls.seq[:1] - 1) != 1)
    chosen = np.flatnonzero((gaps >= HELD.value) & (broken[before] == broken[behind]))
    of_bin = bins.of(calls.end[before[chosen]])
    order = np.lexsort((-gaps[chosen], of_bin))  # stable: the first of equals
    places, first = np.unique(of_bin[order], return_index=True)
    held = {}
    for place, gap in zip(places.tolist(), chosen[order[first]].tolist(), strict=True):
        one, other = int(before[gap]), int(behind[gap])
        held[place] = HoldUp(int(calls.end[one]), int(gaps[gap]), _busy(calls, one, other))
    return held, np.bincount(of_bin, minlength=bins.count)


def _busy(calls: Calls, before: int, behind: int) -> Busy:
    """Return the sum of the calls between the places ``before`` and ``behind``."""
    step = np.diff(calls.seq[max(before, 0) : behind + 1])
    broken = bool((step != 1).any())
    mine = slice(before + 1, behind)
    wall = calls.end[mine] - calls.start[mine]
    if not len(wall):
        return BROKEN if broken else NOTHING
    place = int(wall.argmax())
    at = before + 1 + place
    longest = LongCall(
        ns=int(wall[place]),
        syscall=int(calls.syscall[at]),
        seq=int(calls.seq[at]),
        fd=int(calls.fd[at]),
        enter_ns=int(calls.start[at]),
    )
    off_cpu = int(calls.off_cpu[mine][calls.known[mine]].sum())
    return Busy(int(wall.sum()), off_cpu, longest, broken)


def _add_calls(time: Numbers, bins: Bins, calls: Calls) -> None:
    """Add the time of ``calls`` to ``time``: in waits or other calls, asleep or not."""
    of, place, ns = bins.pieces(calls.start, calls.end)
    wall = np.maximum(calls.end - calls.start, 1)[of]
    share = np.minimum(calls.off_cpu[of], wall) / wall
    asleep = np.rint(ns * share).astype(np.int64)
    wait, known = calls.wait[of], calls.known[of]
    for kind, where, amount in (
        (ASLEEP, wait & known, asleep),
        (POLLING, wait & known, ns - asleep),
        (OFF_CPU, ~wait & known, asleep),
        (ON_CPU, ~wait & known, ns - asleep),
        (UNSEEN, ~known, ns),
    ):
        np.add.at(time[kind], place[where], amount[where])
