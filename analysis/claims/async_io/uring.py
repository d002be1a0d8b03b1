"""Claims on io_uring's polls: what they queue, and for how long. They need steps."""

from __future__ import annotations

import pandas as pd

from analysis.checks.undecided import Undecided
from analysis.claims.async_io.requests import accepted_phases, lives
from analysis.frames import Trace
from analysis.verdicts.engine import Evidence, Verdict, corrected, refuted, supported
from analysis.verdicts.pick import counted, every, messages, number, span
from tracer.shared.message import Message, joined, message

CALLBACK = "io_poll_wake"
NEEDS = (
    "steps", "insertions:io_uring_enter", f"hook:{CALLBACK}", f"hook:{CALLBACK}_done", "truth",
)  # fmt: skip


def uring_poll_oneshot(trace: Trace) -> Verdict:
    """Entries per poll; after their event, which the callback removed, and which ran again."""
    phases = accepted_phases(trace, "io-uring", shot="oneshot")
    added, completed, further = (
        sum(number(phase, what) for phase in phases)
        for what in ("polls_added", "completions", "events_unarmed")
    )
    if not completed:
        raise Undecided(message("none of {polls} was completed", polls=counted(added, "poll")))
    entries = pd.concat([lives(trace, each, "io_uring_enter", CALLBACK) for each in phases])
    called = entries[entries["called"] > 0]
    first, again = int(called["with_first"].sum()), int((called["called"] > 1).sum())
    early = int(entries.loc[entries["called"] == 0, "gone"].sum())
    evidence = [
        Evidence("polls added", added, "polls"),
        Evidence("entries queued by io_uring_enter", len(entries), "entries"),
        Evidence("completions", completed, "completions"),
        Evidence(
            message("entries on which {callback} ran", callback=CALLBACK), len(called), "entries"
        ),
        Evidence("of them removed by its first run", first, "entries"),
        Evidence("further events while no poll was armed", further, "events"),
        Evidence(
            message("entries on which {callback} ran again", callback=CALLBACK), again, "entries"
        ),
        Evidence("entries removed without an event", early, "entries"),
    ]
    queued = message(
        "{polls} queued {entries}",
        polls=counted(added, "poll"),
        entries=counted(len(entries), "entry", "entries"),
    )
    ran = message(
        "for {completions} {callback} ran on {called} of them, and its first run removed {first}",
        completions=counted(completed, "completion"),
        callback=CALLBACK,
        called=len(called),
        first=first,
    )
    finding = joined("; ", [queued, ran, *_left(len(called) - first, further, again)])
    if called.empty:
        return refuted(
            finding, evidence, message("Events run no callback on the entries of io_uring's polls.")
        )
    if again == len(called):
        return refuted(finding, evidence)
    if first < len(called) and not further and not again:
        raise Undecided(
            message(
                "{left} entries were still queued when their callback ended, and no further "
                "event came to show for how long",
                left=len(called) - first,
            )
        )
    if len(entries) == added and first == len(called) == completed and not again | early:
        return supported(finding, evidence)
    stayed = len(entries) == added and not first and not again | early
    unlike = message(
        "Not every one-shot poll of io_uring queues one entry that its first event removes."
    )
    return corrected(finding, evidence, "" if stayed else unlike)


def _left(left: int, further: int, again: int) -> list[Message]:
    """Return what is known of entries that their callback left on the queue."""
    if not left:
        return []
    return [
        message(
            "{left} were still queued when it ended, and {events} with no poll armed ran the "
            "callback on {again} of them again",
            left=left,
            events=counted(further, "further event"),
            again=again,
        )
    ]


def uring_poll_multishot(trace: Trace) -> Verdict:
    """Polls and entries per fd; completions against events; entries that a callback removed."""
    phases = accepted_phases(trace, "io-uring", shot="multishot")
    added, completed, more = (
        sum(number(phase, what) for phase in phases)
        for what in ("polls_added", "completions", "with_more")
    )
    entries = pd.concat([lives(trace, each, "io_uring_enter", CALLBACK) for each in phases])
    called = entries[entries["called"] > 0]
    fds, events = sum(len(phase.fds) for phase in phases), messages(phases)
    if events <= sum(len(phase.active) for phase in phases):
        raise Undecided("no fd had a second event")
    gone, runs = int(entries["gone"].sum()), int(called["called"].sum())
    evidence = [
        Evidence("fds", fds, "fds"),
        Evidence("polls added", added, "polls"),
        Evidence("entries queued by io_uring_enter", len(entries), "entries"),
        Evidence("events", events, "events"),
        Evidence("completions", completed, "completions"),
        Evidence("of them with more to come", more, "completions"),
        Evidence(message("runs of {callback}", callback=CALLBACK), runs, "callbacks"),
        Evidence("entries removed by an event", gone, "entries"),
    ]
    queued = message(
        "{polls} of {fds} queued {entries}, and events removed {gone}",
        polls=counted(added, "poll"),
        fds=counted(fds, "fd"),
        entries=counted(len(entries), "entry", "entries"),
        gone=gone,
    )
    ran = message(
        "{events} events ran {callback} {runs} times ({per_entry} per entry) and gave "
        "{completions}, {more} of them with more to come",
        events=events,
        callback=CALLBACK,
        runs=runs,
        per_entry=span(called["called"]),
        completions=counted(completed, "completion"),
        more=more,
    )
    finding = joined("; ", [queued, ran])
    if called.empty or every(called["called"] <= 1):
        return refuted(finding, evidence)
    stayed = len(entries) == added == fds and not gone
    each = events == completed == more and runs >= events
    return supported(finding, evidence) if stayed and each else corrected(finding, evidence)
