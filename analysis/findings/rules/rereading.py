"""Reads that leave data behind: the next one fetches it, after another wait or right away."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pandas as pd

from analysis.findings.parts import Parts, Row, rows_of
from analysis.findings.rereads import gather_rereads, results_of_reads
from analysis.findings.rule import Facts, Finding, Instance, Number, Rule, Threshold
from tracer.shared.message import message

LEFT: Final = Threshold(20, "calls", message("reads that needed another wait, at least"))
LEFT_SHARE: Final = Threshold(0.2, "of 1", message("their share of the fd's reads, at least"))
AGAIN: Final = Threshold(20, "calls", message("reads immediately after a full one, at least"))
AGAIN_SHARE: Final = Threshold(0.6, "of 1", message("their share of the fds' reads, at least"))
SMALL: Final = Threshold(4096, "bytes", message("bytes asked for by a small read, at most"))


def judge_left(parts: Parts, _: Facts) -> Iterator[Finding]:
    """Find level-triggered fds that are not read empty, so that the next wait returns at once."""
    came = results_of_reads(parts)
    reads, watched = parts.sums("reads"), parts.sums("watched")
    for row in came.sums("left").rows("pid", "fd"):
        key = (row["pid"], row["fd"])
        asked, all_reads = watched.of_key(*key), reads.of_key(*key)["reads"]
        if asked["edge"] or not asked["asked"]:
            continue
        if row["left"] < max(LEFT.value, LEFT_SHARE.value * all_reads):
            continue
        call = came.largest("left_longest").row(pid=row["pid"], fd=row["fd"])
        yield Finding(
            rule=LEFT_UNREAD.id,
            pid=row["pid"],
            fd=row["fd"],
            text=message(
                "{left:,} of {reads:,} reads of fd {fd} fetched what the previous read had left: "
                "that one got all of the {asked:,.0f} bytes it asked for, and the wait between "
                "the two returned at once",
                left=row["left"],
                reads=all_reads,
                fd=row["fd"],
                asked=row["asked"] / row["left"],
            ),
            numbers=(
                Number("reads", all_reads, "calls"),
                Number("left", row["left"], "calls"),
                Number("bytes_asked_for", row["asked"] / row["left"], "bytes"),
            ),
            time_ns=row["wall_ns"],
            instance=Instance(call["tid"], call["seq"]),
        )


def judge_small(parts: Parts, _: Facts) -> Iterator[Finding]:
    """Find processes that fetch the data of one event by many small reads."""
    came = results_of_reads(parts)
    for row in _by_process(parts):
        if row["again"] < max(AGAIN.value, AGAIN_SHARE.value * row["reads"]):
            continue
        if row["asked"] > SMALL.value * row["again"]:
            continue
        call = came.largest("again_longest").row(pid=row["pid"], fd=row["most"])
        events = parts.sums("events").of_key(row["pid"])["got"]
        yield Finding(
            rule=SMALL_READS.id,
            pid=row["pid"],
            text=message(
                "{again:,} of {reads:,} reads came right after one that got all of the "
                "{asked:,.0f} bytes it asked for: {per_event:.3g} reads per event, {got:,.0f} "
                "bytes each",
                again=row["again"],
                reads=row["reads"],
                asked=row["asked"] / row["again"],
                per_event=row["reads"] / max(1, events),
                got=row["got"] / row["reads"],
            ),
            numbers=(
                Number("reads", row["reads"], "calls"),
                Number("again", row["again"], "calls"),
                Number("events", events, "events"),
                Number("bytes_per_read", row["got"] / row["reads"], "bytes"),
            ),
            time_ns=row["wall_ns"],
            instance=Instance(call["tid"], call["seq"]),
        )


def _by_process(parts: Parts) -> list[Row]:
    """Return the sums over each process's watched fds; ``most`` is the fd reread most often."""
    watched = parts.sums("watched").by("pid", "fd")
    reads = parts.sums("reads").by("pid", "fd").merge(watched[["pid", "fd"]], on=["pid", "fd"])
    again = results_of_reads(parts).sums("again").by("pid", "fd")
    if again.empty or reads.empty:
        return []
    both = reads.merge(again, on=["pid", "fd"], how="left").fillna(0).astype("int64")
    sums = both.groupby("pid")[["reads", "got", "again", "asked", "wall_ns"]].sum()
    most = both.sort_values("again", kind="stable").groupby("pid")["fd"].last()
    found: pd.DataFrame = sums[sums["again"] > 0]
    found = found.assign(most=most.reindex(found.index)).reset_index()
    return rows_of(found)


LEFT_UNREAD: Final = Rule(
    id="left-unread",
    title=message("Level-triggered fds are left partly unread and reported again"),
    needs=("sleeps",),
    gather=gather_rereads,
    judge=judge_left,
    thresholds=(LEFT, LEFT_SHARE),
    why=message(
        "Data left in an fd keeps it ready: the next wait polls it again and returns at once, so "
        "one message costs several turns of the loop, each with a wait."
    ),
    change=message(
        "Use a larger buffer, or read until a read gets less than it asked for; if fairness "
        "requires a limit, set it well above the usual message size."
    ),
    read=("epoll(7), level-triggered and edge-triggered", "read(2)"),
)
SMALL_READS: Final = Rule(
    id="small-reads",
    title=message("Several small reads for one event"),
    needs=("sleeps",),
    gather=gather_rereads,
    judge=judge_small,
    thresholds=(AGAIN, AGAIN_SHARE, SMALL),
    why=message(
        "Several system calls do what one could have done; a call costs more than copying a few "
        "hundred bytes."
    ),
    change=message(
        "Read into a larger buffer (16 KiB or more) and take the messages from there; readv can "
        "fetch a header and a body in one call."
    ),
    read=("read(2)", "readv(2)"),
)
RULES: Final = (LEFT_UNREAD, SMALL_READS)
