"""The time between two waits of a thread: how long a loop takes until it waits again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from analysis.findings.parts import Spreads, Sums
from analysis.findings.rows import Flags, Rows
from analysis.windows.grouping import Groups, Numbers, Places

IN_CALLS: Final = ("calls_ns", "off_cpu_ns")
"""Time in the thread's calls other than waits, and how much of it was off the CPU."""

Edges = Mapping[str, Numbers]


@dataclass(frozen=True, eq=False)
class Gaps:
    """``held`` sums up gaps of ``held_from_ns`` or longer by pid and tid; ``spread`` has all.

    held: their number; held_ns: how long; calls_ns, off_cpu_ns: see IN_CALLS. ``edges`` is what the
    neighbouring stretch needs, in order of tid: tid, pid, waits; first_ns and last_ns, when the
    first wait began and the last one ended; ``head_`` and ``tail_`` of IN_CALLS before and after
    them. A thread without a wait has everything in its head.
    """

    held: Sums
    spread: Spreads
    edges: Edges
    held_from_ns: float

    @classmethod
    def of(cls, calls: Rows, waits: Flags, held_from_ns: float) -> Self:
        """Return the gaps of ``calls``: pid, tid, enter_ns, exit_ns, wall_ns, off_cpu_ns.

        They are in order within each thread; ``waits`` says which of them are waits.
        """
        groups = calls.groups("tid")
        order = groups.order
        others = ~waits.take(order)
        until = {  # over all threads
            name: (calls[column].take(order) * others).cumsum()
            for name, column in zip(IN_CALLS, ("wall_ns", "off_cpu_ns"), strict=True)
        }
        places = np.flatnonzero(~others)
        found = calls[order.take(places)]
        wait = {name: found[name] for name in ("pid", "tid", "enter_ns", "exit_ns")}
        wait |= {name: column.take(places) for name, column in until.items()}
        again = np.flatnonzero(wait["tid"][1:] == wait["tid"][:-1])
        here, there = Rows.of(wait)[again + 1], Rows.of(wait)[again]
        gap_ns = np.maximum(here["enter_ns"] - there["exit_ns"], 0)
        long = np.flatnonzero(gap_ns >= held_from_ns)
        began, ended = there[long], here[long]
        in_calls = {name: ended[name] - began[name] for name in IN_CALLS}
        held = _held(ended.only("pid", "tid").assign(held_ns=gap_ns[long], **in_calls))
        ends = calls[order.take(groups.ends - 1)]
        edges = _edges(ends, wait, places, until, groups)
        spread = Spreads.of(here.only("tid").assign(gap_ns=gap_ns), ("tid",), "gap_ns")
        return cls(held, spread, edges, held_from_ns)

    def span_ns(self, tid: int) -> int:
        """Return the time from the first wait of a thread to the end of its last one."""
        place = int(np.searchsorted(self.edges["tid"], tid))
        return int(self.edges["last_ns"][place] - self.edges["first_ns"][place])

    def combine(self, later: Self, /) -> Self:
        """Return the gaps of both stretches, including those across the border."""
        tids = np.union1d(self.edges["tid"], later.edges["tid"])
        ours, theirs = _at(self.edges, tids), _at(later.edges, tids)
        across = {
            "pid": ours["pid"],
            "tid": tids,
            "held_ns": np.maximum(theirs["first_ns"] - ours["last_ns"], 0),
            **{name: ours[f"tail_{name}"] + theirs[f"head_{name}"] for name in IN_CALLS},
        }
        gaps = Rows.of(across)[(ours["waits"] > 0) & (theirs["waits"] > 0)]
        spread = Spreads.of(gaps, ("tid",), "held_ns")
        return type(self)(
            self.held.combine(_held(gaps[gaps["held_ns"] >= self.held_from_ns])).combine(
                later.held
            ),
            self.spread.combine(spread).combine(later.spread),
            _joined(ours, theirs),
            self.held_from_ns,
        )


def _held(gaps: Rows) -> Sums:
    return Sums.of(gaps.assign(held=1), ("pid", "tid"), ("held", "held_ns", *IN_CALLS))


def _edges(ends: Rows, wait: Edges, places: Places, until: Edges, groups: Groups) -> Edges:
    """Return the edges of threads, whose last calls are ``ends``.

    ``wait`` has the waits, which are at ``places``, and ``until`` IN_CALLS, added up over all
    calls; both thread by thread.
    """
    starts, last = groups.starts, groups.ends - 1
    first, behind = np.searchsorted(places, starts), np.searchsorted(places, last, side="right")
    some = behind > first
    edges = {"tid": ends["tid"], "pid": ends["pid"], "waits": behind - first}

    def of_wait(name: str, number: Places) -> Numbers:
        return np.append(wait[name], 0).take(np.where(some, number, len(places)))

    edges["first_ns"] = of_wait("enter_ns", first)
    edges["last_ns"] = of_wait("exit_ns", behind - 1)
    for name, added in until.items():
        before = np.where(starts > 0, added[np.maximum(starts - 1, 0)], 0)
        head = np.where(some, of_wait(name, first), added[last])
        edges[f"head_{name}"] = head - before
        edges[f"tail_{name}"] = np.where(some, added[last] - of_wait(name, behind - 1), 0)
    return edges


def _at(edges: Edges, tids: Numbers) -> Edges:
    """Return the edges of ``tids``, in order; 0 for those that are missing."""
    places = np.searchsorted(edges["tid"], tids)
    there = np.append(edges["tid"], -1)[places] == tids
    return {name: np.where(there, np.append(each, 0)[places], 0) for name, each in edges.items()}


def _joined(a: Edges, b: Edges) -> Edges:
    """Return the edges of both stretches, which are of the same threads, as one."""
    some_a, some_b = a["waits"] > 0, b["waits"] > 0
    edges = {
        "tid": np.maximum(a["tid"], b["tid"]),
        "pid": np.where(b["pid"] > 0, b["pid"], a["pid"]),
        "waits": a["waits"] + b["waits"],
        "first_ns": np.where(some_a, a["first_ns"], b["first_ns"]),
        "last_ns": np.where(some_b, b["last_ns"], a["last_ns"]),
    }
    for name in IN_CALLS:
        head_a, head_b = a[f"head_{name}"], b[f"head_{name}"]
        edges[f"head_{name}"] = np.where(some_a, head_a, head_a + head_b)
        # If the later stretch has no wait, all of its calls come after our last one.
        behind = np.where(some_a, a[f"tail_{name}"] + head_b, 0)
        edges[f"tail_{name}"] = np.where(some_b, b[f"tail_{name}"], behind)
    return edges
