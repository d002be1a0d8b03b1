"""The time between two waits of a thread: what a loop takes before it looks for events again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from analysis.findings.parts import Spreads, Sums
from analysis.findings.rows import Flags, Rows
from analysis.windows.grouping import Groups, Numbers

COLUMNS: Final = ("pid", "tid", "enter_ns", "exit_ns", "wall_ns", "off_cpu_ns")
IN_CALLS: Final = ("calls_ns", "off_cpu_ns")
"""Time in the thread's calls that are no waits, and the part of it that it was off the CPU."""

Edges = Mapping[str, Numbers]


@dataclass(frozen=True, eq=False)
class Gaps:
    """``held`` sums up gaps of ``held_from_ns`` or longer by pid and tid; ``spread`` has all.

    held: their number; held_ns: how long; calls_ns, off_cpu_ns: see IN_CALLS. ``edges`` is what a
    neighbour needs, in order of tid: tid, pid, waits; first_ns and last_ns, where the first wait
    began and the last one ended; ``head_`` and ``tail_`` of IN_CALLS before and behind them. A
    thread without a wait has all of it in its head.
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
        rows = {name: calls[name][order] for name in COLUMNS}
        wait, tids = waits[order], rows["tid"]
        for name, column in zip(IN_CALLS, ("wall_ns", "off_cpu_ns"), strict=True):
            rows[name] = np.where(wait, 0, rows[column]).cumsum()  # over all threads
        places = np.flatnonzero(wait)
        same = tids[places[1:]] == tids[places[:-1]]
        here, there = places[1:][same], places[:-1][same]
        gaps = {"gap_ns": rows["enter_ns"][here] - rows["exit_ns"][there]}
        gaps |= {name: rows[name][here] - rows[name][there] for name in IN_CALLS}
        gaps |= {name: rows[name][here] for name in ("pid", "tid")}
        edges = _edges(rows, wait, groups)
        return cls(*_counted(gaps, held_from_ns), edges, held_from_ns)

    def span_ns(self, tid: int) -> int:
        """Return the time from the first wait of a thread to the end of its last one."""
        place = int(np.searchsorted(self.edges["tid"], tid))
        return int(self.edges["last_ns"][place] - self.edges["first_ns"][place])

    def combine(self, later: Self, /) -> Self:
        """Return the gaps of both stretches, those across the border too."""
        tids = np.union1d(self.edges["tid"], later.edges["tid"])
        ours, theirs = _at(self.edges, tids), _at(later.edges, tids)
        both = (ours["waits"] > 0) & (theirs["waits"] > 0)
        across = {
            "pid": ours["pid"],
            "tid": tids,
            "gap_ns": theirs["first_ns"] - ours["last_ns"],
            **{name: ours[f"tail_{name}"] + theirs[f"head_{name}"] for name in IN_CALLS},
        }
        held, spread = _counted(
            {name: column[both] for name, column in across.items()}, self.held_from_ns
        )
        return type(self)(
            self.held.combine(held).combine(later.held),
            self.spread.combine(spread).combine(later.spread),
            _joined(ours, theirs),
            self.held_from_ns,
        )


def _counted(gaps: Mapping[str, Numbers], held_from_ns: float) -> tuple[Sums, Spreads]:
    rows = Rows.of({**gaps, "gap_ns": np.maximum(gaps["gap_ns"], 0)})
    long = rows[rows["gap_ns"] >= held_from_ns]
    long = long.assign(held=1, held_ns=long["gap_ns"])
    return (
        Sums.of(long, ("pid", "tid"), ("held", "held_ns", *IN_CALLS)),
        Spreads.of(rows, ("tid",), "gap_ns"),
    )


def _edges(rows: Mapping[str, Numbers], wait: Flags, groups: Groups) -> Edges:
    """Return the edges of ``rows``, whose IN_CALLS are added up over all rows, thread by thread."""
    tids, starts, ends = rows["tid"], groups.starts, groups.ends - 1
    places = np.flatnonzero(wait)
    first, behind = np.searchsorted(places, starts), np.searchsorted(places, ends, side="right")
    some = behind > first
    waited = np.append(places, 0)  # a thread without a wait has no place of one
    first_wait, last_wait = waited[first], waited[np.maximum(behind - 1, 0)]
    edges = {"tid": tids[ends], "pid": rows["pid"][ends], "waits": behind - first}
    edges["first_ns"] = np.where(some, rows["enter_ns"][first_wait], 0)
    edges["last_ns"] = np.where(some, rows["exit_ns"][last_wait], 0)
    for name in IN_CALLS:
        until = rows[name]
        before = np.where(starts > 0, until[np.maximum(starts - 1, 0)], 0)
        edges[f"head_{name}"] = np.where(some, until[first_wait], until[ends]) - before
        edges[f"tail_{name}"] = np.where(some, until[ends] - until[last_wait], 0)
    order = np.argsort(edges["tid"])
    return {name: column[order] for name, column in edges.items()}


def _at(edges: Edges, tids: Numbers) -> Edges:
    """Return the edges of ``tids``, in their order: 0 of those that are not there."""
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
        # Where the later stretch has no wait, all of its calls are behind our last one.
        behind = np.where(some_a, a[f"tail_{name}"] + head_b, 0)
        edges[f"tail_{name}"] = np.where(some_b, b[f"tail_{name}"], behind)
    return edges
