"""The time between two waits of a thread: what a loop takes before it looks for events again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd

from analysis.findings.parts import Spreads, Sums, rows_of
from analysis.missing import Flags
from analysis.windows.window import Numbers

COLUMNS = ("pid", "tid", "enter_ns", "exit_ns", "wall_ns", "off_cpu_ns")
IN_CALLS = ("calls_ns", "off_cpu_ns")
"""Time in the thread's calls that are no waits, and the part of it that it was off the CPU."""


@dataclass(frozen=True, eq=False)
class Gaps:
    """``held`` sums up gaps of ``held_from_ns`` or longer by pid and tid; ``spread`` has all.

    held: their number; held_ns: how long; calls_ns, off_cpu_ns: see IN_CALLS. ``edges`` is what a
    neighbour needs, by tid: pid, waits; first_ns and last_ns, where the first wait began and the
    last one ended; ``head_`` and ``tail_`` of IN_CALLS before and behind them. A thread without a
    wait has all of it in its head.
    """

    held: Sums
    spread: Spreads
    edges: pd.DataFrame
    held_from_ns: float

    @classmethod
    def of(cls, calls: pd.DataFrame, waits: Flags, held_from_ns: float) -> Self:
        """Return the gaps of ``calls``: pid, tid, enter_ns, exit_ns, wall_ns, off_cpu_ns.

        They are in order within each thread; ``waits`` says which of them are waits.
        """
        order = np.argsort(calls["tid"].to_numpy(), kind="stable")
        rows = {name: calls[name].to_numpy()[order] for name in COLUMNS}
        wait, tids = waits[order], rows["tid"]
        for name, column in zip(IN_CALLS, ("wall_ns", "off_cpu_ns"), strict=True):
            rows[name] = np.where(wait, 0, rows[column]).cumsum()  # over all threads
        places = np.flatnonzero(wait)
        same = tids[places[1:]] == tids[places[:-1]]
        here, there = places[1:][same], places[:-1][same]
        gaps = {"gap_ns": rows["enter_ns"][here] - rows["exit_ns"][there]}
        gaps |= {name: rows[name][here] - rows[name][there] for name in IN_CALLS}
        gaps |= {name: rows[name][here] for name in ("pid", "tid")}
        return cls(*_counted(pd.DataFrame(gaps), held_from_ns), _edges(rows, wait), held_from_ns)

    def span_ns(self, tid: int) -> int:
        """Return the time from the first wait of a thread to the end of its last one."""
        (edge,) = rows_of(self.edges.loc[[tid]])
        return edge["last_ns"] - edge["first_ns"]

    def combine(self, later: Self, /) -> Self:
        """Return the gaps of both stretches, those across the border too."""
        ours, theirs = self.edges, later.edges
        both = (
            ours[ours["waits"] > 0]
            .join(theirs[theirs["waits"] > 0], how="inner", rsuffix="_later")
            .reset_index()
        )
        across = pd.DataFrame(
            {
                "pid": both["pid"],
                "tid": both["tid"],
                "gap_ns": both["first_ns_later"] - both["last_ns"],
                **{name: both[f"tail_{name}"] + both[f"head_{name}_later"] for name in IN_CALLS},
            }
        )
        held, spread = _counted(across, self.held_from_ns)
        return type(self)(
            self.held.combine(held).combine(later.held),
            self.spread.combine(spread).combine(later.spread),
            _joined(ours, theirs),
            self.held_from_ns,
        )


def _counted(gaps: pd.DataFrame, held_from_ns: float) -> tuple[Sums, Spreads]:
    gaps = gaps.assign(gap_ns=gaps["gap_ns"].clip(lower=0))
    long = gaps[gaps["gap_ns"] >= held_from_ns].rename(columns={"gap_ns": "held_ns"})
    return (
        Sums.of(long.assign(held=1), ("pid", "tid"), ("held", "held_ns", *IN_CALLS)),
        Spreads.of(gaps, ("tid",), "gap_ns"),
    )


def _edges(rows: Mapping[str, Numbers], wait: Flags) -> pd.DataFrame:
    """Return the edges of ``rows``, in order of tid, whose IN_CALLS are added up over all rows."""
    tids = rows["tid"]
    ends = np.flatnonzero(np.append(tids[1:] != tids[:-1], len(tids) > 0))
    starts = np.append(0, ends[:-1] + 1)[: len(ends)]
    places = np.flatnonzero(wait)
    first, behind = np.searchsorted(places, starts), np.searchsorted(places, ends, side="right")
    some = behind > first
    waited = np.append(places, 0)  # a thread without a wait has no place of one
    first_wait, last_wait = waited[first], waited[np.maximum(behind - 1, 0)]
    edges = {"pid": rows["pid"][ends], "waits": behind - first}
    edges["first_ns"] = np.where(some, rows["enter_ns"][first_wait], 0)
    edges["last_ns"] = np.where(some, rows["exit_ns"][last_wait], 0)
    for name in IN_CALLS:
        until = rows[name]
        before = np.where(starts > 0, until[np.maximum(starts - 1, 0)], 0)
        edges[f"head_{name}"] = np.where(some, until[first_wait], until[ends]) - before
        edges[f"tail_{name}"] = np.where(some, until[ends] - until[last_wait], 0)
    return pd.DataFrame(edges, index=pd.Index(tids[ends], name="tid"))


def _joined(ours: pd.DataFrame, theirs: pd.DataFrame) -> pd.DataFrame:
    """Return the edges of both stretches as one."""
    tids = ours.index.union(theirs.index)
    a = ours.reindex(tids, fill_value=0)
    b = theirs.reindex(tids, fill_value=0)
    none_a, none_b = a["waits"] == 0, b["waits"] == 0
    edges = pd.DataFrame({"pid": b["pid"].where(b["pid"] > 0, a["pid"])})
    edges["waits"] = a["waits"] + b["waits"]
    edges["first_ns"] = a["first_ns"].where(~none_a, b["first_ns"])
    edges["last_ns"] = b["last_ns"].where(~none_b, a["last_ns"])
    for name in IN_CALLS:
        head_a, head_b = a[f"head_{name}"], b[f"head_{name}"]
        edges[f"head_{name}"] = head_a.where(~none_a, head_a + head_b)
        # Where the later stretch has no wait, all of its calls are behind our last one.
        behind = a[f"tail_{name}"] + head_b
        edges[f"tail_{name}"] = b[f"tail_{name}"].where(~none_b, behind.where(~none_a, 0))
    return edges
