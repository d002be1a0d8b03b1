"""Events of an fd that several processes wait for: who slept when it came, and who was woken."""

from __future__ import annotations

import pandas as pd

from analysis.frames import Trace
from analysis.truth import PhaseTruth
from analysis.undecided import Undecided
from analysis.verdicts.callbacks import answered
from analysis.verdicts.pick import calls_of, result_of
from analysis.verdicts.steps import CALL, POLLWAKE, SLEEPER, of_phase
from tracer.shared.message import message
from tracer.shared.records import StepKind


def events_of(trace: Trace, phase: PhaseTruth) -> pd.DataFrame:
    """Return a row per event of ``phase`` that came while all waiters still there slept.

    ``asleep``: their tids, who fell asleep first is first; ``woken``: whom the write itself
    woke, in order; ``chained``: whom the waiters' own calls woke after it, until the next event.
    Raises Undecided if there is none such.
    """
    writes = calls_of(trace, [phase], "write")
    writes = writes[writes["fd"] == result_of(phase, "writer")].sort_values("enter_ns")
    if writes.empty:
        raise Undecided(message("no event was made in phase {phase}", phase=phase.name))
    tids = [waiter.tid for waiter in phase.waiters]
    ran = answered(trace, phase, (POLLWAKE, SLEEPER), tids)
    woke = ran[ran["woke"]]
    ends = [*writes["enter_ns"].iloc[1:], _dismissed_ns(trace, phase, writes)]
    rows = []
    for write, end_ns in zip(writes.itertuples(), ends, strict=True):
        asleep = _asleep(trace, phase, tids, int(write.enter_ns))
        if asleep is None:
            continue
        direct = woke[(woke["tid"] == write.tid) & (woke["seq"] == write.seq)]
        later = woke[woke["tid"].isin(tids) & woke["ts_ns"].between(write.enter_ns, end_ns)]
        rows.append(
            {
                "asleep": asleep,
                "woken": list(dict.fromkeys(direct["owner_tid"])),
                "chained": list(dict.fromkeys(later["owner_tid"])),
            }
        )
    if not rows:
        raise Undecided(
            message("no event of {phase} came while all waiters slept", phase=phase.name)
        )
    return pd.DataFrame(rows)


def _asleep(trace: Trace, phase: PhaseTruth, tids: list[int], at_ns: int) -> list[int] | None:
    """Return the waiters asleep at ``at_ns`` by the time of it; None if one is there and awake.

    A waiter is there from its first call to its last.
    """
    since: dict[int, int] = {}
    for tid in tids:
        mine = trace.calls[(trace.calls["tid"] == tid) & (trace.calls["phase"] == phase.number)]
        if mine.empty or not mine["enter_ns"].min() <= at_ns <= mine["exit_ns"].max():
            continue
        switches = _switches(trace, phase, tid)
        last = switches[switches["ts_ns"] < at_ns].tail(1)
        if last.empty or last["kind"].iloc[0] != StepKind.SWITCH_OUT or last["value"].iloc[0]:
            return None
        since[tid] = int(last["ts_ns"].iloc[0])
    return sorted(since, key=lambda tid: since[tid])


def _switches(trace: Trace, phase: PhaseTruth, tid: int) -> pd.DataFrame:
    """Return when ``tid`` left the CPU and took it in its calls, by time."""
    steps = trace.steps[trace.steps["tid"] == tid]
    chosen = steps["kind"].isin([StepKind.SWITCH_OUT, StepKind.SWITCH_IN])
    here = chosen & (steps["phase"] == phase.number)
    return steps[here].sort_values("ts_ns", kind="stable")


def _dismissed_ns(trace: Trace, phase: PhaseTruth, writes: pd.DataFrame) -> int:
    """Return when the waiters were told to end: the parent's first callback after its events."""
    ran = of_phase(trace, phase, StepKind.CALLBACK)
    ours = ran[(ran["tid"] == phase.tid) & (ran["ts_ns"] > writes["exit_ns"].max())]
    known = pd.MultiIndex.from_frame(writes[CALL])
    after = ours[~pd.MultiIndex.from_frame(ours[CALL]).isin(known)]["ts_ns"]
    return int(after.min() if len(after) else trace.steps["ts_ns"].max())
