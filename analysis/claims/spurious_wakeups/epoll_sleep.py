"""The claim on how epoll_wait sleeps."""

from __future__ import annotations

from typing import Final

import pandas as pd

from analysis.checks.undecided import Undecided
from analysis.frames import Trace
from analysis.verdicts.engine import Evidence, Verdict, corrected, refuted, supported
from analysis.verdicts.pick import (
    calls_of,
    counted,
    every,
    median,
    mostly_off_cpu,
    ms,
    phases_of,
    times,
)
from analysis.verdicts.steps import CALL
from tracer.shared.message import joined, message
from tracer.shared.records import StepKind

SLEEP: Final = "schedule_hrtimeout_range"


def wait_spurious(trace: Trace) -> Verdict:
    """Sleeps and wakeups of each epoll_wait that had to wait, for an event or until its timeout."""
    phases = [phase for phase in phases_of(trace, "epoll") if len(phase.active) <= 1]
    waits = had_to_wait(calls_of(trace, phases, "epoll_wait"))
    vain = waits[waits["ret"] == 0]
    if vain.empty:
        raise Undecided(
            message(
                "none of {waits} epoll_waits that waited ended by its timeout", waits=len(waits)
            )
        )
    idle = mostly_off_cpu(waits)
    # Not the count of sleeps: a task that is preempted as it returns leaves the CPU too.
    woken_spuriously = (waits[["sleep_calls", "wakeups"]] > 1).any(axis=1)
    once = (waits["sleep_calls"] == 1) & ~woken_spuriously & idle
    sleeps = _sleeps(trace, waits)
    evidence = [
        Evidence("epoll_waits that had to wait", len(waits), "calls"),
        Evidence("of them with one sleep and at most one wakeup", int(once.sum()), "calls"),
        Evidence("of them with more", int(woken_spuriously.sum()), "calls"),
        Evidence("of them ended by the timeout", len(vain), "calls"),
        Evidence("off the CPU until the timeout, median", median(vain["off_cpu_ns"]), "ns"),
        Evidence("the timeout, median", median(vain["timeout_ns"]), "ns"),
        Evidence(message("sleeps in {function}", function=SLEEP), len(sleeps), "sleeps"),
        Evidence("of them ended by the timer", int((sleeps["value"] == 0).sum()), "sleeps"),
    ]
    slept = message(
        "{waits} that had to wait called {function} {times} each and were woken {woken}",
        waits=counted(len(waits), "epoll_wait"),
        function=SLEEP,
        times=times(waits["sleep_calls"]),
        woken=times(waits["wakeups"]),
    )
    in_vain = message(
        "{vain} of them got no event and were off the CPU for {off_cpu} with a timeout of "
        "{timeout} (medians)",
        vain=len(vain),
        off_cpu=ms(median(vain["off_cpu_ns"])),
        timeout=ms(median(vain["timeout_ns"])),
    )
    finding = joined("; ", [slept, in_vain])
    if every(once):
        return refuted(finding, evidence)
    return supported(finding, evidence) if every(woken_spuriously) else corrected(finding, evidence)


def had_to_wait(waits: pd.DataFrame) -> pd.DataFrame:
    """Return the waits that slept, or lasted half the time or more until event or timeout."""
    due_ns = waits["delay_ns"].where(waits["timeout_ns"] < 0, waits["timeout_ns"])
    lasted = (waits["wall_ns"] * 2 >= due_ns) & (waits["waker"] != "before")
    return waits[(waits["sleeps"] > 0) | (waits["sleep_calls"] > 0) | lasted]


def _sleeps(trace: Trace, waits: pd.DataFrame) -> pd.DataFrame:
    """Return the steps of ``waits`` that are a sleep in that very function."""
    steps = trace.steps[trace.steps["kind"] == StepKind.SLEEP]
    return steps[steps["hook_name"] == SLEEP].merge(waits[CALL], on=CALL)
