"""The claim on signal-driven I/O. It needs steps."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.checks.undecided import Undecided
from analysis.frames import Trace
from analysis.trace.truth import PhaseTruth
from analysis.verdicts.engine import Evidence, Verdict, corrected, refuted, supported
from analysis.verdicts.pick import calls_of, counted, messages, phases_of
from tracer.shared.message import joined, message

CALLS = ("fcntl", "rt_sigtimedwait", "read")


def sigio_no_entry(trace: Trace) -> Verdict:
    """Entries queued from the first fcntl to the last read; fds listed; signals sent and taken."""
    phases = phases_of(trace, "sigio")
    calls = calls_of(trace, phases, *CALLS)
    entries, events = int(calls["insertions"].sum()), messages(phases)
    taken = int((calls[calls["family"] == "rt_sigtimedwait"]["ret"] > 0).sum())
    listed = fds_listed(trace, phases)
    sent, to_idle = signals_sent(trace, phases)
    if taken and not sent:
        raise Undecided(
            message(
                "{signals} arrived, but no hook saw one being sent",
                signals=counted(taken, "signal"),
            )
        )
    if not sent:
        raise Undecided("no signal was sent")
    fds = sum(len(phase.fds) for phase in phases)
    evidence = [
        Evidence("fds asked to send a signal", fds, "fds"),
        Evidence("fds put on a list by fasync_helper", listed, "fds"),
        Evidence("entries queued on wait queues", entries, "entries"),
        Evidence("times an fd was made ready", events, "events"),
        Evidence("signals sent for these fds", sent, "signals"),
        Evidence("of them for fds that nobody made ready", to_idle, "signals"),
        Evidence("signals taken", taken, "signals"),
    ]
    queued = message(
        "{entries} queued for {fds}, of which {listed} went on a list",
        entries=counted(entries, "entry", "entries"),
        fds=counted(fds, "fd"),
        listed=listed,
    )
    signalled = message(
        "{events} sent {signals} ({to_idle} of them for idle fds), and {taken} were taken",
        events=counted(events, "event"),
        signals=counted(sent, "signal"),
        to_idle=to_idle,
        taken=taken,
    )
    finding = joined("; ", [queued, signalled])
    if entries:
        return refuted(finding, evidence)
    exact = listed == fds and events == sent == taken and not to_idle
    return supported(finding, evidence) if exact else corrected(finding, evidence)


def fds_listed(trace: Trace, phases: Sequence[PhaseTruth]) -> int:
    """Return how many fds of ``phases`` fasync_helper put on a list."""
    steps = trace.steps[(trace.steps["hook_name"] == "fasync_helper") & (trace.steps["value"] > 0)]
    return sum(
        len(set(phase.fds) & set(steps.loc[steps["phase"] == phase.number, "fd"]))
        for phase in phases
    )


def signals_sent(trace: Trace, phases: Sequence[PhaseTruth]) -> tuple[int, int]:
    """Return the signals sent in ``phases`` for watched fds, and how many of them for idle ones."""
    steps = trace.steps[trace.steps["hook_name"] == "send_sigio"]
    sent = to_idle = 0
    for phase in phases:
        fds = steps.loc[steps["phase"] == phase.number, "fd"]
        sent += int(fds.isin(phase.fds).sum())
        to_idle += int(fds.isin(phase.idle).sum())
    return sent, to_idle
