"""The claim on where data is while nobody asks for it. Tracepoints suffice to decide it."""

from __future__ import annotations

import pandas as pd

from analysis.checks.undecided import Undecided
from analysis.claims.blocking.writer import writes_of
from analysis.frames import Trace
from analysis.trace.truth import PhaseTruth
from analysis.verdicts.engine import Evidence, Verdict, corrected, refuted, supported
from analysis.verdicts.pick import calls_of, counted, every, median, mostly, ms, phases_of, some
from tracer.shared.message import message


def nonblocking_background(trace: Trace) -> Verdict:
    """Per message: a write by another process with no read under way, then a read that has it."""
    phases = phases_of(trace, "nonblocking", waker="while-asleep")
    messages = pd.concat([_messages(trace, phase) for phase in phases], ignore_index=True)
    if messages.empty:
        raise Undecided("no non-blocking read got a message from the writer")
    alone = messages["apart"] & ~messages["waited"]
    evidence = [
        Evidence("messages", len(messages), "messages"),
        Evidence("written while no read was under way", int(messages["apart"].sum()), "messages"),
        Evidence("of all, with a read that waited", int(messages["waited"].sum()), "messages"),
        Evidence("of all, received by the first read afterwards", int(messages["first"].sum()),
                 "messages"),
        Evidence("time from the write to the read that received it, median",
                 median(messages["lay_ns"]), "ns"),
        Evidence("callbacks on the reads' own entries", _known(messages["notified"]), "callbacks"),
    ]  # fmt: skip
    finding = message(
        "{apart} of {messages} were written by another process while no read was under way, and "
        "{first} were received by the first read afterwards, {later} later (median); {waited} "
        "needed a read that waited",
        apart=int(messages["apart"].sum()),
        messages=counted(len(messages), "message"),
        first=int(messages["first"].sum()),
        later=ms(median(messages["lay_ns"])),
        waited=int(messages["waited"].sum()),
    )
    if not some(alone) or not some(messages["first"]):
        return refuted(finding, evidence)
    whole = every(alone) and mostly(messages["first"], messages["fd_kind"])
    return supported(finding, evidence) if whole else corrected(finding, evidence)


def _messages(trace: Trace, phase: PhaseTruth) -> pd.DataFrame:
    """Return a row per message of ``phase``: ``apart``, ``waited``, ``first``, ``lay_ns``.

    The writer's n-th write is the n-th message: reads and writes are on one fd and in order.
    """
    reads = calls_of(trace, [phase], "read").sort_values("enter_ns")
    reads = reads.assign(waited=_waited(reads))
    got = (reads["ret"] > 0).astype("int64")
    groups = [rows for _, rows in reads.groupby(got.cumsum() - got) if (rows["ret"] > 0).any()]
    writes = writes_of(trace, phase)
    if len(writes) != len(groups):
        raise Undecided(
            message(
                "{writes} writes and {messages} messages in phase {phase}",
                writes=len(writes),
                messages=len(groups),
                phase=phase.name,
            )
        )
    spans = writes[["enter_ns", "exit_ns"]].itertuples(index=False)
    rows = [_message(reads, own, *span) for own, span in zip(groups, spans, strict=True)]
    return pd.DataFrame(rows).assign(fd_kind=phase.spec["fd_kind"])


def _message(
    reads: pd.DataFrame, own: pd.DataFrame, write_ns: int, written_ns: int
) -> dict[str, object]:
    """Compare the reads ``own`` of one message with the write that began at ``write_ns``."""
    at_once = (reads["enter_ns"] < written_ns) & (reads["exit_ns"] > write_ns)
    got = own.iloc[-1]
    after = own[own["enter_ns"] >= written_ns]
    return {
        "apart": not bool(at_once.any()) and bool(got["enter_ns"] >= written_ns),
        "waited": bool(own["waited"].any()),
        "first": len(after) == 1,
        "lay_ns": int(got["enter_ns"]) - written_ns,
        "notified": own["notified"].sum(min_count=1),
    }


def _waited(reads: pd.DataFrame) -> pd.Series[bool]:
    """Return which reads waited for data. A wait for a lock sleeps too, but queues no entry."""
    slept = reads["sleeps"] > 0
    if (slept & reads["insertions"].isna()).any():
        raise Undecided(
            message(
                "{slept} of {count} non-blocking reads slept, and without the hooks of wait queues "
                "nothing says whether for data",
                slept=int(slept.sum()),
                count=len(reads),
            )
        )
    return slept & (reads["insertions"].fillna(0) > 0)


def _known(values: pd.Series[int]) -> int | None:
    return None if values.isna().any() else int(values.sum())
