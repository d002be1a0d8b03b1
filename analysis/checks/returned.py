"""Calls that returned, counted as a workload's truth counts them: by phase, task and family."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd

from analysis.windows.window import Window
from tracer.shared.truthcheck import Returned

Who = tuple[int, int, str]
"""Phase, tid, family."""


@dataclass(frozen=True, eq=False)
class Tallies:
    """Number of calls and sum of their results, for each task in each phase, by family.

    Calls outside of any phase are left out: no truth has them.
    """

    by_who: Mapping[Who, tuple[int, int]]

    def combine(self, later: Self, /) -> Self:
        """Return the tallies of both stretches."""
        both = dict(self.by_who)
        for who, (calls, ret_sum) in later.by_who.items():
            before = both.get(who, (0, 0))
            both[who] = before[0] + calls, before[1] + ret_sum
        return type(self)(both)

    def each(self) -> Iterator[Returned]:
        """Yield each tally."""
        for who, (calls, ret_sum) in self.by_who.items():
            yield Returned(*who, calls, ret_sum)


def gather_returned(window: Window) -> Tallies:
    """Return the tallies of the calls of ``window``."""
    rows = np.flatnonzero((window.phases > 0) & ~window.unfinished)
    if not len(rows):
        return Tallies({})
    tids = window.calls["tid"][rows].astype(np.int64)
    codes, keys = pd.factorize(window.groups.codes[rows].astype(np.int64) << 32 | tids)
    results = window.calls["ret"][rows]
    missing = window.missing.get("ret")
    if missing is not None:
        results[missing[rows]] = 0
    sums = np.zeros(len(keys), np.int64)
    np.add.at(sums, codes, results)
    counts = np.bincount(codes, minlength=len(keys))
    found = {}
    for key, count, ret_sum in zip(keys.tolist(), counts.tolist(), sums.tolist(), strict=True):
        phase, family = window.groups.keys[key >> 32]
        found[phase, key & 0xFFFF_FFFF, family] = (count, ret_sum)
    return Tallies(found)
