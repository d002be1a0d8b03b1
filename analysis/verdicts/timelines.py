"""Chooses the call whose timeline shows a claim: one in which its point can be seen.

A timeline raises TraceError or Undecided if the trace has no such calls, or no steps.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import pandas as pd

from analysis.checks.undecided import Undecided
from analysis.frames import Trace
from analysis.timeline import Timeline, Wanted, timeline_of
from analysis.trace.truth import PhaseTruth
from analysis.verdicts.pick import phases_of

ASLEEP: Final = "while-asleep"

TimelineOf = Callable[[Trace], Timeline]


def waits(*models: str, **spec: Any) -> TimelineOf:
    """Return the timeline of the best wait in the last phase of ``models`` with ``spec``."""
    return lambda trace: timeline_of(
        trace, Wanted(phase=phases_of(trace, *models, **spec)[-1].number)
    )


def calls_in(trace: Trace, phase: PhaseTruth) -> pd.DataFrame:
    """Return the finished calls of the waiter of ``phase``, in order of time."""
    calls = trace.calls
    ours = (calls["phase"] == phase.number) & (calls["tid"] == phase.tid) & ~calls["unfinished"]
    return calls[ours].sort_values("enter_ns")


def one_after_other(calls: pd.DataFrame, *wanted: pd.Series[bool]) -> pd.DataFrame:
    """Return the first call in the first of ``wanted``, then the next in the second, and so on.

    Args:
        calls: of one task, in order of time.
        wanted: for each place, a mask of suitable calls.

    Undecided: there is no such sequence.
    """
    chosen: list[int] = []
    for which in wanted:
        known = which.fillna(value=False).astype(bool).tolist()
        start = chosen[-1] + 1 if chosen else 0
        found = next((place for place in range(start, len(known)) if known[place]), None)
        if found is None:
            raise Undecided("the calls that would show it did not follow one another")
        chosen.append(found)
    return calls.iloc[chosen]


def of_family(calls: pd.DataFrame, family: str) -> pd.Series[bool]:
    return calls["family"] == family
