"""Turns of a thread's loop: what lies between two of its waits, and how often one thing does.

In a stretch of a trace turns are numbered from 0, which is what comes before the thread's first
wait there: the end of a turn that began in the stretch before.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd

from analysis.findings.parts import Parts
from analysis.missing import Flags
from analysis.windows.window import Numbers

Resolve = Callable[[pd.DataFrame], Parts]
TURN = ["tid", "turn"]
SPAN = {"pid": "first", "seq": "first", "count": "sum", "first_ns": "min", "last_ns": "max"}


def turns_of(tids: Numbers, waits: Flags) -> tuple[Numbers, pd.Series[int]]:
    """Return the turn that each call is in, a wait itself in the one it begins; and waits by tid.

    Calls are in order within each thread.
    """
    waited = pd.Series(waits.astype(np.int64)).groupby(tids)
    turns: Numbers = np.asarray(waited.cumsum(), np.int64)
    return turns, waited.sum().astype("int64")


@dataclass(frozen=True, eq=False)
class Runs:
    """``done`` is what came of turns that are over; ``open`` are a thread's first and last ones.

    ``open`` has tid, turn and SPAN: ``count`` calls of one sort, begun from first_ns on, the last
    of them over at last_ns; seq is that of the first. ``waits`` are those of the stretch, by tid.
    """

    done: Parts
    open: pd.DataFrame
    waits: pd.Series[int]
    resolve: Resolve

    @classmethod
    def of(cls, calls: pd.DataFrame, waits: Flags, counted: Flags, resolve: Resolve) -> Self:
        """Return the runs of those of ``calls`` that are ``counted``.

        They have pid, tid, seq, enter_ns and exit_ns, and are in order within each thread.
        """
        turn, of_tid = turns_of(calls["tid"].to_numpy(), waits)
        rows = calls.assign(turn=turn, count=1)[counted]
        rows = rows.rename(columns={"enter_ns": "first_ns", "exit_ns": "last_ns"})
        runs = rows.groupby(TURN, as_index=False).agg(SPAN)
        over = _over(runs, of_tid)
        return cls(resolve(runs[over]), runs[~over], of_tid, resolve)

    def combine(self, later: Self, /) -> Self:
        """Return the runs of both stretches: our last turns go on in the first of ``later``."""
        before = self.waits.reindex(later.open["tid"], fill_value=0).to_numpy()
        moved = later.open.assign(turn=later.open["turn"] + before)
        both = moved if self.open.empty else pd.concat([self.open, moved], ignore_index=True)
        runs = both.groupby(TURN, as_index=False).agg(SPAN)
        waits = self.waits.add(later.waits, fill_value=0).astype("int64")
        over = _over(runs, waits)
        return type(self)(
            self.done.combine(self.resolve(runs[over])).combine(later.done),
            runs[~over],
            waits,
            self.resolve,
        )

    def finished(self) -> Parts:
        """Return what came of all turns, those that began or ended with the trace too."""
        return self.done.combine(self.resolve(self.open))


def _over(runs: pd.DataFrame, waits: pd.Series[int]) -> Flags:
    """Return which turns have both ends in the stretch."""
    last = waits.reindex(runs["tid"]).to_numpy()
    over: Flags = ((runs["turn"] > 0) & (runs["turn"] < last)).to_numpy()
    return over
