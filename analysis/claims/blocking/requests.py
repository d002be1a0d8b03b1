"""Claims on blocking and non-blocking requests. Tracepoints suffice to decide them."""

from __future__ import annotations

from errno import EAGAIN
from typing import Final, NamedTuple

import pandas as pd

from analysis.checks.undecided import Undecided
from analysis.claims.blocking.writer import writes_of
from analysis.frames import Trace
from analysis.trace.truth import PhaseTruth
from analysis.verdicts.engine import Evidence, Verdict, corrected, refuted, supported
from analysis.verdicts.pick import (
    calls_of,
    every,
    median,
    messages,
    mostly,
    mostly_off_cpu,
    ms,
    phases_of,
    some,
    span,
)
from tracer.shared.message import Message, joined, message

WAITED_SHARE: Final = 0.9
"""Share of the writer's delay that a read must last to count as having waited."""


def blocking_waits(trace: Trace) -> Verdict:
    """One read per message, asleep for as long as the writer waits, off the CPU meanwhile."""
    phases = phases_of(trace, "blocking", waker="while-asleep")
    reads = calls_of(trace, phases, "read")
    lasted = reads["wall_ns"] >= WAITED_SHARE * reads["delay_ns"]
    met = pd.concat([met_write(trace, phase) for phase in phases], ignore_index=True)
    waited = lasted & (reads["sleeps"] > 0) & (reads["ret"] > 0) & met & mostly_off_cpu(reads)
    expected = messages(phases)
    evidence = [
        Evidence("reads", len(reads), "calls"),
        Evidence("messages", expected, "messages"),
        Evidence("reads that waited", int(waited.sum()), "calls"),
        Evidence("off the CPU, median", median(reads["off_cpu_ns"]), "ns"),
        Evidence("on the CPU, median", median(reads["kernel_ns"]), "ns"),
        Evidence("insertions, median", median(reads["insertions"]), "entries per call"),
    ]
    finding = message(
        "{waited} of {count} reads for {messages} messages waited, off the CPU for {off} and on "
        "it for {on} (medians; the writer wrote after {delay}): {by_kind}",
        waited=int(waited.sum()),
        count=len(reads),
        messages=expected,
        off=ms(median(reads["off_cpu_ns"])),
        on=ms(median(reads["kernel_ns"])),
        delay=ms(median(reads["delay_ns"])),
        by_kind=_by_kind(waited, reads),
    )
    if not some(waited):
        return refuted(finding, evidence)
    whole = bool(every(waited)) and len(reads) == expected
    return supported(finding, evidence) if whole else corrected(finding, evidence)


def met_write(trace: Trace, phase: PhaseTruth) -> pd.Series[bool]:
    """Return which reads of ``phase``, in order, were under way when another process wrote.

    Undecided: fewer writes were recorded than there were messages.
    """
    reads = calls_of(trace, [phase], "read")
    writes = writes_of(trace, phase)["enter_ns"]
    if len(writes) < messages([phase]):
        raise Undecided(
            message(
                "{writes} writes and {messages} messages in phase {phase}",
                writes=len(writes),
                messages=messages([phase]),
                phase=phase.name,
            )
        )
    spans = zip(reads["enter_ns"], reads["exit_ns"], strict=True)
    return pd.Series([bool(writes.between(*span).any()) for span in spans], dtype=bool)


def _by_kind(chosen: pd.Series[bool], rows: pd.DataFrame) -> str:
    counts = chosen.astype("int64").groupby(rows["fd_kind"]).agg(["sum", "size"])
    parts = [
        message("{kind} {chosen} of {count}", kind=kind, chosen=row["sum"], count=row["size"])
        for kind, row in counts.iterrows()
    ]
    return joined(", ", parts)


def nonblocking_returns(trace: Trace) -> Verdict:
    """-EAGAIN without a wait for data. A lock or a page fault may sleep, but queues no entry."""
    reads = calls_of(trace, phases_of(trace, "nonblocking"), "read")
    empty = reads[reads["ret"] == -EAGAIN]
    if empty.empty:
        return _never_empty(reads)
    slept = empty["sleeps"] > 0
    waited = slept & (empty["insertions"].fillna(1) > 0)
    at_once = ~slept & (empty["wall_ns"] * 2 < empty["delay_ns"])
    if not every(empty["insertions"].notna()) and some(waited) and not every(waited):
        raise Undecided(
            message(
                "{waited} of {count} empty reads slept, and without the hooks of wait queues "
                "nothing says whether for data",
                waited=int(waited.sum()),
                count=len(empty),
            )
        )
    evidence = [
        Evidence("reads that found nothing", len(empty), "calls"),
        Evidence("of them waited for data", int(waited.sum()), "calls"),
        Evidence("of them slept for anything", int(slept.sum()), "calls"),
        Evidence(
            "of them took less than half of the writer's delay, and did not sleep",
            int(at_once.sum()),
            "calls",
        ),
        Evidence("insertions, median", median(empty["insertions"]), "entries per call"),
        Evidence("duration, median", median(empty["wall_ns"]), "ns"),
    ]
    finding = message(
        "{at_once} of {count} reads of an empty fd returned -EAGAIN without waiting for data, in "
        "{time} (median)",
        at_once=len(empty) - int(waited.sum()),
        count=len(empty),
        time=ms(median(empty["wall_ns"])),
    )
    if every(waited) or not some(at_once):
        return refuted(finding, evidence)
    whole = not some(waited) and mostly(at_once, empty["fd_kind"])
    return supported(finding, evidence) if whole else corrected(finding, evidence)


def _never_empty(reads: pd.DataFrame) -> Verdict:
    slept = int((reads["sleeps"] > 0).sum())
    if not slept:
        raise Undecided(
            message("none of {count} non-blocking reads found its fd empty", count=len(reads))
        )
    evidence = [Evidence("reads", len(reads), "calls"), Evidence("that slept", slept, "calls")]
    finding = message(
        "{slept} of {count} reads slept and none returned -EAGAIN", slept=slept, count=len(reads)
    )
    return refuted(finding, evidence)


def nonblocking_repolls(trace: Trace) -> Verdict:
    """Requests and kernel time per message, against those of blocking reads."""
    phases = [p for p in phases_of(trace, "nonblocking") if p.spec["waker"] != "none"]
    reads = calls_of(trace, phases, "read")
    asked = requests_per_message(reads)
    if asked.empty:
        raise Undecided("no non-blocking read got a message")
    again = asked > 1
    held = int(_held(reads).sum())
    cost = float(reads["kernel_ns"].sum()) / len(asked)
    blocking = _blocking_cost(trace)
    evidence = [
        Evidence("messages", len(asked), "messages"),
        Evidence("messages asked for more than once", int(again.sum()), "messages"),
        Evidence("messages whose last request waited for them", held, "messages"),
        Evidence("requests per message", float(asked.mean()), "calls"),
        Evidence("kernel time per message", cost, "ns"),
        *(blocking.evidence if blocking else ()),
    ]
    asked_again = message(
        "{again} of {count} messages took more than one request: {requests} each and {cost} of "
        "kernel time",
        again=int(again.sum()),
        count=len(asked),
        requests=span(asked, "request"),
        cost=ms(cost),
    )
    finding = joined("; ", [asked_again, *([blocking.words] if blocking else [])])
    if not some(again) or held == len(asked):
        return refuted(finding, evidence)
    whole = every(again) and not held
    return supported(finding, evidence) if whole else corrected(finding, evidence)


def _held(reads: pd.DataFrame) -> pd.Series[bool]:
    """Return which of ``reads`` slept for half the writer's delay and came back with data."""
    slept = (reads["sleeps"] > 0) & (reads["off_cpu_ns"] * 2 >= reads["delay_ns"])
    return slept & (reads["ret"] > 0)


def requests_per_message(reads: pd.DataFrame) -> pd.Series[int]:
    """Return for each read that got data how many requests it took, itself included."""
    ordered = reads.sort_values("enter_ns")
    got = (ordered["ret"] > 0).astype("int64")
    number = got.cumsum() - got
    groups = got.groupby([ordered["phase"], number])
    return groups.size()[groups.sum() > 0]


class Beside(NamedTuple):
    """The cost of blocking reads per message, for comparison."""

    requests: float
    cost_ns: float

    @property
    def evidence(self) -> list[Evidence]:
        return [
            Evidence("requests per message, blocking", self.requests, "calls"),
            Evidence("kernel time per message, blocking", self.cost_ns, "ns"),
        ]

    @property
    def words(self) -> Message:
        return message(
            "with blocking reads it was {requests:.3g} and {cost} per message",
            requests=self.requests,
            cost=ms(self.cost_ns),
        )


def _blocking_cost(trace: Trace) -> Beside | None:
    """Return requests and kernel time per message of blocking reads, if they were recorded."""
    try:
        phases = phases_of(trace, "blocking")
        reads = calls_of(trace, phases, "read")
    except Undecided:
        return None
    got = max(1, int((reads["ret"] > 0).sum()))
    return Beside(len(reads) / got, float(reads["kernel_ns"].sum()) / got)
