"""Events of an fd that several processes wait for: who slept when it came, and who was woken."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd

from analysis.checks.undecided import Undecided
from analysis.frames import Trace
from analysis.trace.truth import PhaseTruth
from analysis.verdicts.callbacks import answered
from analysis.verdicts.pick import calls_of, result_of
from analysis.verdicts.steps import CALL, POLLWAKE, SLEEPER, of_phase
from tracer.shared.message import message
from tracer.shared.records import StepKind


def events_of(trace: Trace, phase: PhaseTruth) -> pd.DataFrame:
    """Return a row per event of ``phase`` that came while all remaining waiters slept.

    ``asleep``: their tids, in the order they fell asleep; ``woken``: those that the write itself
    woke, in order; ``chained``: those that the waiters' own calls woke after it, until the next
    event. Raises Undecided if there is no such event.
    """
    writes = calls_of(trace, [phase], "write")
    writes = writes[writes["fd"] == result_of(phase, "writer")].sort_values("enter_ns")
    if writes.empty:
        raise Undecided(message("no event was made in phase {phase}", phase=phase.name))
    tids = [waiter.tid for waiter in phase.waiters]
    ran = answered(trace, phase, (POLLWAKE, SLEEPER), tids)
    woke = ran[ran["woke"]]
    waiters = [each for each in (_waiter(trace, phase, tid) for tid in tids) if each]
    ends = [*writes["enter_ns"].iloc[1:], _dismissed_ns(trace, phase, writes)]
    rows = []
    for write, end_ns in zip(writes.itertuples(), ends, strict=True):
        asleep = _asleep(waiters, int(write.enter_ns))
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


class _Waiter(NamedTuple):
    """A waiter, present from its first call to its last; ``switches`` off the CPU and back by time.

    ``slept``: which of the switches went to sleep.
    """

    tid: int
    first_ns: int
    last_ns: int
    switches_ns: list[int]
    slept: list[bool]

    def asleep_since_ns(self, at_ns: int) -> int | None:
        """Return when it fell asleep, if it sleeps at ``at_ns``; None if it does not."""
        last = bisect_left(self.switches_ns, at_ns) - 1
        return self.switches_ns[last] if last >= 0 and self.slept[last] else None


def _asleep(waiters: Sequence[_Waiter], at_ns: int) -> list[int] | None:
    """Return the waiters asleep at ``at_ns``, by when they fell asleep; None if one is awake."""
    since: dict[int, int] = {}
    for waiter in waiters:
        if not waiter.first_ns <= at_ns <= waiter.last_ns:
            continue
        since_ns = waiter.asleep_since_ns(at_ns)
        if since_ns is None:
            return None
        since[waiter.tid] = since_ns
    return sorted(since, key=lambda tid: since[tid])


def _waiter(trace: Trace, phase: PhaseTruth, tid: int) -> _Waiter | None:
    """Return the waiter ``tid`` of ``phase``; None if it made no call there."""
    mine = (trace.calls["tid"] == tid) & (trace.calls["phase"] == phase.number)
    if not mine.any():
        return None
    steps = trace.steps[trace.steps["tid"] == tid]
    chosen = steps["kind"].isin([StepKind.SWITCH_OUT, StepKind.SWITCH_IN])
    switches = steps[chosen & (steps["phase"] == phase.number)].sort_values("ts_ns", kind="stable")
    slept = (switches["kind"] == StepKind.SWITCH_OUT) & (switches["value"] == 0)
    return _Waiter(
        tid=tid,
        first_ns=int(trace.calls.loc[mine, "enter_ns"].min()),
        last_ns=int(trace.calls.loc[mine, "exit_ns"].max()),
        switches_ns=switches["ts_ns"].tolist(),
        slept=slept.tolist(),
    )


def _dismissed_ns(trace: Trace, phase: PhaseTruth, writes: pd.DataFrame) -> int:
    """Return when the waiters were told to end: the parent's first callback after its events."""
    ran = of_phase(trace, phase, StepKind.CALLBACK)
    ours = ran[(ran["tid"] == phase.tid) & (ran["ts_ns"] > writes["exit_ns"].max())]
    known = pd.MultiIndex.from_frame(writes[CALL])
    after = ours[~pd.MultiIndex.from_frame(ours[CALL]).isin(known)]["ts_ns"]
    return int(after.min() if len(after) else trace.steps["ts_ns"].max())
