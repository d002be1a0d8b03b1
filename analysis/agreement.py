"""Two records of one thing: the counters of a call, and the steps that stand behind them."""

from __future__ import annotations

from typing import Final

import pandas as pd

from analysis.frames import Trace
from tracer.shared.records import StepKind
from tracer.shared.say import say

COUNTED: Final[dict[str, tuple[StepKind, int | None]]] = {
    "fd_polls": (StepKind.FD_POLL, None),
    "insertions": (StepKind.INSERTION, None),
    "removals": (StepKind.REMOVAL, None),
    "callbacks": (StepKind.CALLBACK, None),
    "sleep_calls": (StepKind.SLEEP, None),
    "sleeps": (StepKind.SWITCH_OUT, 0),
    "preemptions": (StepKind.SWITCH_OUT, 1),
}
"""Columns that count steps of a kind, and of a value where that matters."""

SUMMED: Final = {"bytes_in": StepKind.COPY_IN, "bytes_out": StepKind.COPY_OUT}
"""Columns that add up the values of steps of a kind."""

KEY: Final = ["tid", "seq"]


def agreement(trace: Trace) -> list[str]:
    """Return each call whose counters are not what its steps add up to, as a sentence.

    Empty at detail ``calls``, which has no steps to compare. ``wakeups`` and ``notified`` are
    left out: the waker makes those steps, and they carry the waker's call.
    """
    if trace.manifest.detail != "steps":
        return []
    calls = trace.calls.set_index(KEY)
    by_step = {column: _count(trace.steps, *what) for column, what in COUNTED.items()}
    by_step |= {column: _sum(trace.steps, kind) for column, kind in SUMMED.items()}
    return [text for column, found in by_step.items() for text in _differ(calls, column, found)]


def _count(steps: pd.DataFrame, kind: StepKind, value: int | None) -> pd.Series[int]:
    rows = steps[(steps["kind"] == kind) & (steps["seq"] > 0)]
    if value is not None:
        rows = rows[rows["value"] == value]
    return rows.groupby(KEY).size()


def _sum(steps: pd.DataFrame, kind: StepKind) -> pd.Series[int]:
    rows = steps[(steps["kind"] == kind) & (steps["seq"] > 0)]
    return rows.groupby(KEY)["value"].sum()


def _differ(calls: pd.DataFrame, column: str, found: pd.Series[int]) -> list[str]:
    here = calls.loc[calls[column].notna(), ["name", column]]
    by_step = found.reindex(here.index, fill_value=0)
    wrong = here[(here[column] != by_step.to_numpy())]
    return [
        say(
            "{name} {seq} of {tid}: {column} {counted}, its steps say {stepped}",
            name=row["name"],
            seq=key[1],
            tid=key[0],
            column=column,
            counted=row[column],
            stepped=by_step[key],
        )
        for key, row in wrong.iterrows()
        if isinstance(key, tuple)
    ]
