"""Two records of one thing: the counters of a call, and the steps that stand behind them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.frames import Trace
from tracer.shared.message import message
from tracer.shared.records import StepKind

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

KEY: Final = ("tid", "seq")

Numbers = npt.NDArray[np.int64]


def agreement(trace: Trace) -> list[str]:
    """Return each call whose counters are not what its steps add up to, as a sentence.

    Empty at detail ``calls``, which has no steps to compare. ``wakeups`` and ``notified`` are
    left out: the waker makes those steps, and they carry the waker's call.
    """
    if trace.manifest.detail != "steps":
        return []
    steps = trace.steps[trace.steps["seq"] > 0]
    of_calls, of_steps = _numbered(trace.calls, steps)
    return [
        text
        for column, counted in _counted(steps)
        for text in _differ(trace.calls, column, _added(of_steps, counted, of_calls))
    ]


def _numbered(calls: pd.DataFrame, steps: pd.DataFrame) -> tuple[Numbers, Numbers]:
    """Return a number for each call, and for each step that of its call: from 0, by KEY."""
    number = np.zeros(len(calls) + len(steps), np.int64)
    for name in KEY:
        codes, known = pd.factorize(np.concatenate([calls[name], steps[name]]))
        number = pd.factorize(number * len(known) + codes)[0]
    return number[: len(calls)], number[len(calls) :]


def _counted(steps: pd.DataFrame) -> Iterator[tuple[str, Numbers]]:
    """Yield each column that steps stand behind, and what each of ``steps`` adds to it."""
    kinds, values = steps["kind"].to_numpy(), steps["value"].to_numpy()
    for column, (kind, value) in COUNTED.items():
        yield column, ((kinds == kind) & ((values == value) if value is not None else True)) * 1
    for column, kind in SUMMED.items():
        yield column, np.where(kinds == kind, values, 0)


def _added(of_steps: Numbers, counted: Numbers, of_calls: Numbers) -> Numbers:
    """Return for each call what its steps add up to."""
    sums = np.zeros(len(of_calls) + len(of_steps), np.int64)
    some = counted != 0
    np.add.at(sums, of_steps[some], counted[some])
    return sums[of_calls]


def _differ(calls: pd.DataFrame, column: str, by_step: Numbers) -> list[str]:
    counted = calls[column]
    wrong = counted.notna().to_numpy() & (counted.to_numpy(np.int64, na_value=0) != by_step)
    if not wrong.any():
        return []
    return [
        message(
            "{name} {seq} of {tid}: {column} {counted}, its steps say {stepped}",
            name=row["name"],
            seq=row["seq"],
            tid=row["tid"],
            column=column,
            counted=row[column],
            stepped=stepped,
        )
        for (_, row), stepped in zip(calls[wrong].iterrows(), by_step[wrong], strict=True)
    ]
