"""The claim on AIO poll. It needs steps."""

from __future__ import annotations

import pandas as pd

from analysis.checks.undecided import Undecided
from analysis.claims.async_io.requests import accepted_phases, lives
from analysis.frames import Trace
from analysis.verdicts.engine import Evidence, Verdict, corrected, refuted, supported
from analysis.verdicts.pick import calls_of, counted
from tracer.shared.message import joined, message

CALLBACK = "aio_poll_wake"


def aio_poll_entry(trace: Trace) -> Verdict:
    """Entries per poll submitted; who ran the callback that removed each; polls completed."""
    phases = accepted_phases(trace, "aio-poll")
    submits, waits = (calls_of(trace, phases, each) for each in ("io_submit", "io_getevents"))
    submitted, completed = (int(calls["ret"].clip(lower=0).sum()) for calls in (submits, waits))
    if not completed:
        raise Undecided(message("none of {polls} was completed", polls=counted(submitted, "poll")))
    entries = pd.concat([lives(trace, each, "io_submit", CALLBACK) for each in phases])
    late = int(waits["insertions"].sum())
    called = entries[entries["called"] > 0]
    pushed = int((called["pushed"] == called["called"]).sum())
    pulled, inline = int((called["own"] > 0).sum()), int(called["with_first"].sum())
    evidence = [
        Evidence("polls submitted", submitted, "polls"),
        Evidence("entries queued by io_submit", len(entries), "entries"),
        Evidence("entries queued by io_getevents", late, "entries"),
        Evidence("completions", completed, "completions"),
        Evidence(
            message("entries on which {callback} ran", callback=CALLBACK), len(called), "entries"
        ),
        Evidence("of them in the write that made the fd ready", pushed, "entries"),
        Evidence("of them by the waiter's own call", pulled, "entries"),
        Evidence("of them removed by it at once", inline, "entries"),
    ]
    queued = message(
        "{polls} queued {entries} in io_submit and {late} in io_getevents",
        polls=counted(submitted, "poll"),
        entries=counted(len(entries), "entry", "entries"),
        late=late,
    )
    ran = message(
        "for {completions} {callback} ran on {called} of them, {pushed} in the write that made the "
        "fd ready and {pulled} in the waiter's own call, and removed {inline} where it ran",
        completions=counted(completed, "completion"),
        callback=CALLBACK,
        called=len(called),
        pushed=pushed,
        pulled=pulled,
        inline=inline,
    )
    finding = joined("; ", [queued, ran])
    if called.empty or not pushed:
        return refuted(finding, evidence)
    one_each = len(entries) == submitted and not late
    answered = len(called) == pushed == inline == completed
    return supported(finding, evidence) if one_each and answered else corrected(finding, evidence)
