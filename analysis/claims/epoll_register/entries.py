"""Claims on what epoll_ctl queues on the fds' wait queues, and how long it stays there."""

from __future__ import annotations

from collections import Counter

import pandas as pd

from analysis.checks.undecided import Undecided
from analysis.frames import Trace
from analysis.trace.truth import PhaseTruth
from analysis.verdicts.engine import Evidence, Verdict, corrected, refuted, supported
from analysis.verdicts.pick import calls_of, counted, every, phases_of, some, span
from analysis.verdicts.steps import (
    CALLBACK,
    added,
    of_phase,
    queued,
    waits_of,
    within,
    working_callbacks,
)
from tracer.shared.message import joined, message
from tracer.shared.records import StepKind


def epoll_ctl_event_driven(trace: Trace) -> Verdict:
    """Per active fd: its entry from the ADD to the last wait, its callbacks, its events."""
    phases = [phase for phase in phases_of(trace, "epoll") if phase.active]
    if not phases:
        raise Undecided("no phase of model epoll with an active fd")
    fds = pd.concat([_lives(trace, phase) for phase in phases], ignore_index=True)
    if not some(fds["events"]):
        raise Undecided("no event was delivered")
    kept = (fds["queued"] > 0) & (fds["dropped"] == 0)
    driven = kept & (fds["events"] > 0) & fds["led"]
    called, events = int(fds["callbacks"].sum()), int(fds["events"].sum())
    evidence = [
        Evidence("active fds", len(fds), "fds"),
        Evidence(
            "of them with an entry that stayed queued until the last wait", int(kept.sum()), "fds"
        ),
        Evidence("of them with a callback on it for each event", int(driven.sum()), "fds"),
        Evidence("epoll_waits meanwhile", int(fds["waits"].sum()), "calls"),
        Evidence("callbacks on these entries", called, "callbacks"),
        Evidence("events delivered", events, "events"),
    ]
    stayed = message(
        "{kept} of {fds} active fds kept what their ADD had queued ({entries} each) through "
        "{waits} epoll_waits",
        kept=int(kept.sum()),
        fds=len(fds),
        entries=span(fds["queued"], "entry", "entries"),
        waits=span(fds["waits"]),
    )
    ran = message(
        "it ran {callback} {called} times for {events} events",
        callback=CALLBACK,
        called=called,
        events=events,
    )
    finding = joined("; ", [stayed, ran])
    if every(driven):
        return supported(finding, evidence)
    return corrected(finding, evidence) if some(driven) else refuted(finding, evidence)


def _lives(trace: Trace, phase: PhaseTruth) -> pd.DataFrame:
    """Return a row per active fd: entries ``queued`` and ``dropped``, callbacks, events, waits.

    ``led``: each of its events was returned only after as many callbacks as events.
    """
    waits = waits_of(trace, phase)
    entries = queued(trace, phase, "epoll_ctl")
    called = working_callbacks(trace, phase)
    events = Counter(fd for given in waits["given"] for fd in given)
    last_ns = int(waits["exit_ns"].max())
    gone = within(of_phase(trace, phase, StepKind.REMOVAL), 0, last_ns)["entry"]
    rows = []
    for fd in phase.active:
        own = entries.loc[entries["fd"] == fd, "entry"]
        ran = called[called["entry"].isin(own)]["ts_ns"]
        returned = waits[[fd in given for given in waits["given"]]]["exit_ns"]
        rows.append(
            {
                "queued": len(own),
                "dropped": int(own.isin(gone).sum()),
                "callbacks": len(ran),
                "events": events[fd],
                "led": all((ran <= at).sum() >= n for n, at in enumerate(returned, start=1)),
                "waits": len(waits),
            }
        )
    return pd.DataFrame(rows)


def queue_once_at_ctl(trace: Trace) -> Verdict:
    """Insertions per EPOLL_CTL_ADD and per epoll_wait; for comparison poll's, if recorded."""
    phases = phases_of(trace, "epoll")
    adds = added(calls_of(trace, phases, "epoll_ctl"))
    waits = calls_of(trace, phases, "epoll_wait")
    if adds.empty or len(waits) < 2 * len(phases):
        raise Undecided(
            message(
                "{adds} ADDs and {waits} waits: too few to tell once from often",
                adds=len(adds),
                waits=len(waits),
            )
        )
    once = adds["insertions"] == 1
    at_wait = waits["insertions"] > 0
    evidence = [
        Evidence("EPOLL_CTL_ADD", len(adds), "calls"),
        Evidence("of them with one insertion", int(once.sum()), "calls"),
        Evidence("epoll_wait", len(waits), "calls"),
        Evidence("of them with an insertion", int(at_wait.sum()), "calls"),
        Evidence("insertions at epoll_wait", int(waits["insertions"].sum()), "entries"),
        *_poll_beside(trace),
    ]
    by_adds = message(
        "{adds} ADDs queued {entries} each",
        adds=len(adds),
        entries=span(adds["insertions"], "entry", "entries"),
    )
    by_waits = message(
        "{waits} queued {entries} on the fds' queues",
        waits=counted(len(waits), "epoll_wait"),
        entries=int(waits["insertions"].sum()),
    )
    finding = joined("; ", [by_adds, by_waits])
    if every(once) and not some(at_wait):
        return supported(finding, evidence)
    if every(adds["insertions"] == 0) or every(at_wait):
        return refuted(finding, evidence)
    return corrected(finding, evidence)


def _poll_beside(trace: Trace) -> list[Evidence]:
    try:
        calls = calls_of(trace, phases_of(trace, "poll", "select"), "poll", "select")
    except Undecided:
        return []
    entries = calls["insertions"].dropna()
    if entries.empty:
        return []
    return [Evidence("insertions per call of select and poll", float(entries.mean()), "entries")]
