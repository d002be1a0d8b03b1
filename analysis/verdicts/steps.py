"""Steps of epoll phases that several claims use: entries queued, callbacks, sleeps."""

from __future__ import annotations

from typing import Final

import pandas as pd

from analysis.checks.undecided import Undecided
from analysis.frames import Trace
from analysis.trace.truth import PhaseTruth
from analysis.verdicts.pick import calls_of
from tracer.shared.message import message
from tracer.shared.records import StepKind
from tracer.shared.syscalls import EPOLL_CTL_ADD

CALLBACK: Final = "ep_poll_callback"
SLEEPER: Final = "ep_autoremove_wake_function"
POLLWAKE: Final = "pollwake"
CALL: Final = ["tid", "seq"]
"""Columns by which a step identifies its call."""


def added(ctls: pd.DataFrame) -> pd.DataFrame:
    """Return those of ``ctls``, calls of epoll_ctl, that added an fd."""
    return ctls[(ctls["op"] == EPOLL_CTL_ADD) & (ctls["ret"] == 0)]


def waits_of(trace: Trace, phase: PhaseTruth) -> pd.DataFrame:
    """Return the waiter's epoll_waits of ``phase`` by time, ``given``: the fds each returned.

    Undecided: the truth does not say which fds these are.
    """
    waits = calls_of(trace, [phase], "epoll_wait").sort_values("enter_ns")
    given = phase.results.get("ready")
    if given is None or len(given) != len(waits):
        raise Undecided(
            message(
                "the truth does not say which fds each wait of {phase} returned", phase=phase.name
            )
        )
    return waits.assign(given=pd.Series(given, index=waits.index, dtype=object))


def callbacks(trace: Trace, phase: PhaseTruth, *hooks: str) -> pd.DataFrame:
    """Return the callbacks (of ``hooks``) in ``phase`` on entries of its waiter, by time."""
    steps = of_phase(trace, phase, StepKind.CALLBACK)
    ours = steps["owner_tid"] == phase.tid
    return steps[ours & (steps["hook_name"].isin(hooks) if hooks else True)]


def working_callbacks(trace: Trace, phase: PhaseTruth) -> pd.DataFrame:
    """Return the callbacks of watched files from the last ADD to the last epoll_wait.

    Undecided: no fd was added.
    """
    adds = added(calls_of(trace, [phase], "epoll_ctl")).head(len(phase.fds))
    waits = calls_of(trace, [phase], "epoll_wait")
    if adds.empty:
        raise Undecided(message("no ADD in phase {phase}", phase=phase.name))
    steps = callbacks(trace, phase, CALLBACK)
    return within(steps, int(adds["exit_ns"].max()), int(waits["exit_ns"].max()))


def queued(trace: Trace, phase: PhaseTruth, *families: str) -> pd.DataFrame:
    """Return the steps of ``phase`` that queued an entry in a call of ``families``."""
    calls = calls_of(trace, [phase], *families)[CALL]
    return of_phase(trace, phase, StepKind.INSERTION).merge(calls, on=CALL)


def of_phase(trace: Trace, phase: PhaseTruth, kind: StepKind) -> pd.DataFrame:
    """Return the steps of ``kind`` in ``phase``, by whichever task, by time."""
    steps = trace.steps
    chosen = (steps["kind"] == kind) & (steps["phase"] == phase.number)
    return steps[chosen].sort_values("ts_ns", kind="stable")


def within(steps: pd.DataFrame, first_ns: int, last_ns: int) -> pd.DataFrame:
    """Return the steps from ``first_ns`` to ``last_ns`` (boot clock), both included."""
    return steps[steps["ts_ns"].between(first_ns, last_ns)]


def spurious_of(trace: Trace, phase: PhaseTruth, *families: str) -> pd.DataFrame:
    """Return when the waiter was asleep in its calls of ``families``: ``out_ns``, ``in_ns``.

    Both are ns of the boot clock. A switch off the CPU is paired with the next switch in;
    preemptions are left out.
    """
    calls = calls_of(trace, [phase], *families)[CALL]
    out = _numbered(of_phase(trace, phase, StepKind.SWITCH_OUT).merge(calls, on=CALL))
    back = _numbered(of_phase(trace, phase, StepKind.SWITCH_IN).merge(calls, on=CALL))
    pairs = out.merge(back, on=[*CALL, "number"], suffixes=("", "_back"))
    asleep = pairs[pairs["value"] == 0]
    return asleep[["ts_ns", "ts_ns_back"]].set_axis(["out_ns", "in_ns"], axis=1)


def _numbered(switches: pd.DataFrame) -> pd.DataFrame:
    return switches.assign(number=switches.groupby(CALL).cumcount())


def inside(times_ns: pd.Series[int], spans: pd.DataFrame) -> pd.Series[bool]:
    """Return which of ``times_ns`` are in any of ``spans`` (two columns: from, to)."""
    found = pd.Series(data=False, index=times_ns.index)
    for first, last in spans.itertuples(index=False):
        found |= times_ns.between(first, last)
    return found
