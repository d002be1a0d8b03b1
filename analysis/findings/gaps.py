"""The time between two waits of a thread: what a loop takes before it looks for events again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd

from analysis.findings.parts import Spreads, Sums
from analysis.missing import Flags

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
        rows = calls.assign(wait=waits, calls_ns=calls["wall_ns"].where(~waits, 0))
        rows["off_cpu_ns"] = rows["off_cpu_ns"].where(~waits, 0)
        until = rows.groupby("tid")[list(IN_CALLS)].cumsum()
        rows[list(IN_CALLS)] = until
        total = rows.groupby("tid").agg(
            pid=("pid", "last"), calls_ns=("calls_ns", "last"), off_cpu_ns=("off_cpu_ns", "last"),
            waits=("wait", "sum"),
        )  # fmt: skip
        at_waits = rows[rows["wait"]]
        before = at_waits.groupby("tid")[["exit_ns", *IN_CALLS]].shift()
        known = before["exit_ns"].notna().to_numpy()
        here, there = at_waits[known], before[known].astype("int64")
        gaps = pd.DataFrame(
            {
                "pid": here["pid"],
                "tid": here["tid"],
                "gap_ns": here["enter_ns"] - there["exit_ns"],
                **{name: here[name] - there[name] for name in IN_CALLS},
            }
        )
        return cls(*_counted(gaps, held_from_ns), _edges(total, at_waits), held_from_ns)

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


def _edges(total: pd.DataFrame, at_waits: pd.DataFrame) -> pd.DataFrame:
    first = at_waits.groupby("tid").first().reindex(total.index)
    last = at_waits.groupby("tid").last().reindex(total.index)
    none = (total["waits"] == 0).to_numpy()
    edges = pd.DataFrame({"pid": total["pid"], "waits": total["waits"]})
    edges["first_ns"] = first["enter_ns"].fillna(0).astype("int64")
    edges["last_ns"] = last["exit_ns"].fillna(0).astype("int64")
    for name in IN_CALLS:
        head, until_last = first[name].fillna(0), last[name].fillna(0)
        edges[f"head_{name}"] = np.where(none, total[name], head).astype("int64")
        edges[f"tail_{name}"] = np.where(none, 0, total[name] - until_last).astype("int64")
    return edges


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
