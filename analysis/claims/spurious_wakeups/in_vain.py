"""Claims on calls that sleep more than once, woken for what they do not watch."""

from __future__ import annotations

import pandas as pd

from analysis.checks.undecided import Undecided
from analysis.frames import Trace
from analysis.trace.truth import PhaseTruth
from analysis.verdicts.callbacks import answered, counted_in
from analysis.verdicts.engine import Evidence, Verdict, corrected, refuted, supported
from analysis.verdicts.pick import calls_of, counted, every, phases_of, some, times
from analysis.verdicts.steps import CALLBACK, POLLWAKE
from tracer.shared.message import Message, joined, message


def mux_many_spurious(trace: Trace) -> Verdict:
    """Sleeps per call against spurious callbacks: those that woke it, and those that did not."""
    phases = phases_of(trace, "select-spurious", "poll-spurious")
    calls = pd.concat([called_back(trace, each, POLLWAKE) for each in phases], ignore_index=True)
    calls = calls[calls["in_vain"] > 0]
    if calls.empty:
        raise Undecided("no callback ran in vain: nothing shows what it would have done")
    several = calls["sleep_calls"] > 1
    evidence = _evidence(
        calls, message("calls of select and poll, called back for events they do not watch")
    )
    finding = _words(calls, "call")
    if not some(several):
        return refuted(finding, evidence)
    if every(several):
        return supported(finding, evidence)
    again = every(calls["sleep_calls"] == calls["woken"] + 1)
    unlike = message(
        "Some calls of select and poll sleep again after a callback in vain, others do not."
    )
    return corrected(finding, evidence, "" if again else unlike)


def epoll_many_spurious(trace: Trace) -> Verdict:
    """Sleeps per epoll_wait with spurious callbacks: the claim says it may, so one is enough."""
    phases = phases_of(trace, "epoll-spurious")
    calls = pd.concat([called_back(trace, each, CALLBACK) for each in phases], ignore_index=True)
    calls = calls[calls["in_vain"] > 0]
    if calls.empty:
        raise Undecided("no callback ran in vain: nothing shows what it would have done")
    several = (calls["sleep_calls"] > 1) & (calls["wakeups"] > 1)
    evidence = _evidence(calls, message("epoll_waits, called back for events they do not watch"))
    finding = _words(calls, "epoll_wait")
    return supported(finding, evidence) if some(several) else refuted(finding, evidence)


def called_back(trace: Trace, phase: PhaseTruth, hook: str) -> pd.DataFrame:
    """Return the waiting calls of ``phase``; ``in_vain``, ``woken``: callbacks before the last.

    The last callback during a call is that of the fd it waits for, and ends it.
    Undecided: a call was ended by none that woke it.
    """
    family = {"select-spurious": "select", "poll-spurious": "poll"}.get(
        phase.spec["model"], "epoll_wait"
    )
    calls = calls_of(trace, [phase], family)
    ran = answered(trace, phase, [hook], [phase.tid])
    seen, woke = counted_in(calls, ran), counted_in(calls, ran[ran["woke"]])
    calls = calls.assign(seen=seen, woke=woke)
    if ((calls["woke"] == 0) & (calls["ret"] > 0)).any():
        raise Undecided(
            message("a call of {phase} ended by no callback that woke it", phase=phase.name)
        )
    return calls.assign(in_vain=calls["seen"] - 1, woken=calls["woke"] - 1)


def _evidence(calls: pd.DataFrame, called_in_vain: Message) -> list[Evidence]:
    several = calls["sleep_calls"] > 1
    exact = calls["sleep_calls"] == calls["woken"] + 1
    rows = [
        Evidence(called_in_vain, len(calls), "calls"),
        Evidence("of them slept more than once", int(several.sum()), "calls"),
        Evidence(
            "of them slept once, and once more per spurious wakeup", int(exact.sum()), "calls"
        ),
        Evidence("sleeps", int(calls["sleep_calls"].sum()), "sleeps"),
        Evidence("callbacks in vain", int(calls["in_vain"].sum()), "callbacks"),
        Evidence("of them woke the waiter", int(calls["woken"].sum()), "callbacks"),
    ]
    for (family, kind), part in calls.groupby(["family", "fd_kind"]):
        metric = message("sleeps per {family} of {kind}, most", family=family, kind=kind)
        rows.append(Evidence(metric, int(part["sleep_calls"].max()), "sleeps per call"))
    return rows


def _words(calls: pd.DataFrame, noun: str) -> str:
    woken, left = calls[calls["woken"] > 0], calls[calls["woken"] == 0]
    parts = []
    if len(woken):
        parts.append(
            message(
                "{calls} woken in vain {often} slept {slept}",
                calls=counted(len(woken), noun),
                often=times(woken["woken"]),
                slept=times(woken["sleep_calls"]),
            )
        )
    if len(left):
        parts.append(
            message(
                "{calls} whose entry was called back in vain {often} without being woken (the key "
                "of the event is not one watched) slept {slept}",
                calls=counted(len(left), noun),
                often=times(left["in_vain"]),
                slept=times(left["sleep_calls"]),
            )
        )
    return joined("; ", parts)
