"""Callbacks and whom they woke, for claims on spurious wakeups and on several waiters."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from analysis.frames import Trace
from analysis.trace.truth import PhaseTruth
from analysis.verdicts.steps import CALL, of_phase
from tracer.shared.records import StepKind

WHO = [*CALL, "owner_tid"]
"""Which task ran a callback or made a wakeup, in which of its calls, for which owner."""


def answered(
    trace: Trace, phase: PhaseTruth, hooks: Collection[str], owners: Collection[int]
) -> pd.DataFrame:
    """Return the callbacks of ``hooks`` on entries of the tasks ``owners``, by time, with ``woke``.

    ``woke``: its owner was made runnable (sched_waking) in the same call of the same task, before
    the next of these callbacks on an entry of that owner. Waking a task that is awake does nothing
    (6.1: kernel/sched/core.c try_to_wake_up()).
    """
    steps = of_phase(trace, phase, StepKind.CALLBACK)
    ours = steps[steps["hook_name"].isin(list(hooks)) & steps["owner_tid"].isin(list(owners))]
    ours = ours.reset_index(drop=True)
    wakes = of_phase(trace, phase, StepKind.WAKEUP)[["ts_ns", *WHO]]
    named = ours[["ts_ns", *WHO]].assign(callback=ours.index)
    joined = pd.merge_asof(wakes, named, on="ts_ns", by=WHO)
    return ours.assign(woke=ours.index.isin(joined["callback"].dropna().astype("int64")))


def counted_in(calls: pd.DataFrame, steps: pd.DataFrame, owner: str = "owner_tid") -> list[int]:
    """Return for each of ``calls`` how many of ``steps`` of its task (``owner``) fell in it."""
    rows = calls[["tid", "enter_ns", "exit_ns"]].itertuples(index=False)
    return [
        int(((steps[owner] == tid) & steps["ts_ns"].between(first, last)).sum())
        for tid, first, last in rows
    ]


def calls_of_waiters(trace: Trace, phase: PhaseTruth, family: str) -> pd.DataFrame:
    """Return the finished calls of ``family`` by any of the waiters of ``phase``, by time."""
    calls = trace.calls
    ours = calls["tid"].isin([waiter.tid for waiter in phase.waiters])
    here = (calls["phase"] == phase.number) & (calls["family"] == family) & ~calls["unfinished"]
    return calls[ours & here].sort_values("enter_ns")
