"""Entries that AIO and io_uring queue, each from its insertion to its end. They need steps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.checks.undecided import Undecided
from analysis.frames import Trace
from analysis.trace.truth import PhaseTruth
from analysis.verdicts.pick import phases_of
from analysis.verdicts.steps import CALL, of_phase, queued
from tracer.shared.message import message
from tracer.shared.records import StepKind

KEYED: Final = ["ts_ns", "entry"]


def accepted(phases: Sequence[PhaseTruth]) -> tuple[PhaseTruth, ...]:
    """Return ``phases``; raise Undecided with the kernel's own answer if it refused one."""
    for phase in phases:
        refused = phase.results.get("refused")
        if refused:
            raise Undecided(
                message(
                    "the kernel refused {call}: {errno} (phase {phase})",
                    call=refused["call"],
                    errno=refused["errno_name"],
                    phase=phase.name,
                )
            )
    return tuple(phases)


def accepted_phases(trace: Trace, model: str, **spec: str) -> tuple[PhaseTruth, ...]:
    """Return the phases of ``model`` with ``spec``; Undecided if there is none, or one refused."""
    return accepted(phases_of(trace, model, **spec))


def lives(trace: Trace, phase: PhaseTruth, family: str, hook: str) -> pd.DataFrame:
    """Return a row per entry that the waiter's calls of ``family`` queued in ``phase``, by time.

    Columns: ``called`` (runs of the callback ``hook`` on it), ``pushed`` (of them in a write),
    ``own`` (of them by the waiter itself, in no write), ``gone`` (it was seen removed),
    ``with_first`` (that was by its only callback, in the very call in which it ran).

    An address may be reused: what happens to it belongs to the last entry queued there.
    """
    entries = queued(trace, phase, family)[KEYED].assign(number=lambda rows: range(len(rows)))
    called = _of(entries, of_phase(trace, phase, StepKind.CALLBACK), hook)
    gone = _of(entries, of_phase(trace, phase, StepKind.REMOVAL), f"{hook}_done")
    pushed = _in_write(trace, called)
    pulled = called[(called["tid"] == phase.tid) & ~pushed]
    within = called.merge(gone, on=["number", *CALL])
    numbers = entries["number"]
    runs = numbers.map(called["number"].value_counts()).fillna(0).astype("int64")
    return pd.DataFrame(
        {
            "called": runs,
            "pushed": numbers.map(called.loc[pushed, "number"].value_counts()).fillna(0),
            "own": numbers.map(pulled["number"].value_counts()).fillna(0).astype("int64"),
            "gone": numbers.isin(gone["number"]),
            "with_first": numbers.isin(within["number"]) & (runs == 1),
        }
    )


def _of(entries: pd.DataFrame, steps: pd.DataFrame, hook: str) -> pd.DataFrame:
    """Return the steps of ``hook`` on ``entries``, each with the ``number`` of its entry."""
    ours = steps.loc[steps["hook_name"] == hook, [*KEYED, *CALL]]
    joined = pd.merge_asof(ours, entries, on="ts_ns", by="entry")
    return joined[joined["number"].notna()]


def _in_write(trace: Trace, steps: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Return which of ``steps`` were made in a write, which brought their data."""
    writes = trace.calls.loc[trace.calls["family"] == "write", CALL]
    return pd.MultiIndex.from_frame(steps[CALL]).isin(pd.MultiIndex.from_frame(writes))
