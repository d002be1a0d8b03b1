"""Claims on what select and poll do again on every call: entries queued, bytes copied."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis.checks.undecided import Undecided
from analysis.frames import Trace
from analysis.verdicts.engine import Evidence, Verdict, corrected, refuted, supported
from analysis.verdicts.pick import calls_of, every, median, phases_of, some, span
from tracer.shared.message import Message, joined, message
from tracer.shared.records import TIMEOUT_INFINITE

POLLFD_BYTES = 8
LONG_BITS = 64


def mux_queues_each_call(trace: Trace) -> Verdict:
    """Entries per call against the place of the first ready fd, and against timeout 0."""
    calls = calls_of(trace, phases_of(trace, "select", "poll"), "select", "poll")
    by_law = entries_by_law(calls)
    if every(by_law == calls["n"]):
        raise Undecided(
            "no call with timeout 0 or a ready fd before the last: nothing to decide from"
        )
    full = calls["insertions"] == calls["n"]
    lawful = calls["insertions"] == by_law
    evidence = [
        Evidence("calls", len(calls), "calls"),
        Evidence("calls with an entry for every fd", int(full.sum()), "calls"),
        Evidence("calls with entries up to the first ready fd", int(lawful.sum()), "calls"),
        Evidence("insertions with timeout 0", median(_at_once(calls)), "entries per call"),
        Evidence("insertions", int(calls["insertions"].sum()), "entries"),
        Evidence("removals", int(calls["removals"].sum()), "entries"),
    ]
    finding = message(
        "{full} of {count} calls queued an entry for each of their fds; {lawful} queued them "
        "up to the first ready fd, for all fds if none was ready and none with timeout 0 "
        "({entries} seen there)",
        full=int(full.sum()),
        count=len(calls),
        lawful=int(lawful.sum()),
        entries=span(_at_once(calls), "entry", "entries"),
    )
    if every(full):
        return supported(finding, evidence)
    if not some(full):
        return refuted(finding, evidence)
    unlike = message(
        "Some calls of select and poll queue an entry on each of their fds, others on fewer."
    )
    return corrected(finding, evidence, "" if every(lawful) else unlike)


def _at_once(calls: pd.DataFrame) -> pd.Series[int]:
    return calls.loc[calls["timeout_ns"] == 0, "insertions"]


def entries_by_law(calls: pd.DataFrame) -> pd.Series[int]:
    """Return what do_poll() queues (6.1: fs/select.c): _qproc is unset from the first match on."""
    ready = (calls["waker"] == "before") & (calls["first_ready"] > 0)
    entries = calls["n"].where(~ready, calls["first_ready"])
    return entries.where(calls["timeout_ns"] != 0, 0)


def mux_copies_each_call(trace: Trace) -> Verdict:
    """Bytes copied in per call against those of the full set; calls without a timeout struct."""
    calls = calls_of(trace, phases_of(trace, "select", "select-raw", "poll"), "select", "poll")
    calls = calls[calls["timeout_ns"] == TIMEOUT_INFINITE]
    if calls.empty:
        raise Undecided("no call without a timeout: the timeout is copied in as well")
    full = full_bytes(calls)
    whole = calls["bytes_in"] == full
    copied = calls["bytes_in"] > 0
    least = _least(calls, full)
    evidence = [
        Evidence("calls", len(calls), "calls"),
        Evidence("calls that copied something in", int(copied.sum()), "calls"),
        Evidence("calls that copied the full set in", int(whole.sum()), "calls"),
        *(_share(row) for row in least.itertuples()),
    ]
    finding = message(
        "{copied} of {count} calls copied fds in, {whole} of them the full set (poll: 8 bytes per "
        "fd; select: n bits per set passed, in whole longs); the least: {least}",
        copied=int(copied.sum()),
        count=len(calls),
        whole=int(whole.sum()),
        least=joined(", ", [_words(row) for row in least.itertuples()]),
    )
    if every(whole):
        return supported(finding, evidence)
    if not every(copied) or not some(whole):
        return refuted(finding, evidence)
    cut = every(whole[calls["family"] != "select"]) and every(calls["bytes_in"] <= full)
    partly = message("Every call of select and poll copies fds in, but not always the whole set.")
    return corrected(finding, evidence, "" if cut else partly)


def full_bytes(calls: pd.DataFrame) -> pd.Series[int]:
    """Return the bytes of the full set: pollfds, or the bitmaps passed in whole longs."""
    bitmaps = calls["sets"] * -(-calls["nr"] // LONG_BITS) * (LONG_BITS // 8)
    return bitmaps.where(calls["family"] == "select", calls["nr"] * POLLFD_BYTES)


def _least(calls: pd.DataFrame, full: pd.Series[int]) -> pd.DataFrame:
    """Return for each family the call that copied the smallest part of its full set."""
    seen = calls.assign(full=full, share=calls["bytes_in"].astype("float64") / full)
    return seen.sort_values("share", kind="stable").groupby("family").head(1)


def _share(row: Any) -> Evidence:
    metric = message(
        "bytes copied of {full:,} by {family} with n {n:,}",
        full=row.full,
        family=row.family,
        n=row.nr,
    )
    return Evidence(metric, int(row.bytes_in), "bytes, least seen")


def _words(row: Any) -> Message:
    return message(
        "{family} with n {n:,} copied {copied:,} of {full:,} bytes",
        family=row.family,
        n=row.nr,
        copied=row.bytes_in,
        full=row.full,
    )
