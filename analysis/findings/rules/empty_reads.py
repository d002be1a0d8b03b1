"""Reads that find nothing (EAGAIN), and whether the read before had shown that nothing is left."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from typing import Final

import numpy as np

from analysis.findings.following import Following, results_of
from analysis.findings.parts import Largest, Parts, Sums
from analysis.findings.rows import Rows
from analysis.findings.rule import Facts, Finding, Instance, Number, Rule, Threshold
from analysis.findings.selecting import UNKNOWN, are_of, calls
from analysis.windows.window import Window
from tracer.shared.message import message

EMPTY: Final = Threshold(20, "calls", message("reads that found nothing (EAGAIN), at least"))
SHARE: Final = Threshold(0.2, "of 1", message("their share of all reads, at least"))

COLUMNS: Final = ("pid", "tid", "seq", "fd", "ret", "family", "wall_ns")
IF_KNOWN: Final = ("nr", "off_cpu_ns")
"""Columns that a close may lack."""
SHORT, EMPTY_ONE = 1, 2
"""What a read was: shorter than requested, or empty; 0: neither. A close is neither, since the fd
number then is another file's.
"""


def gather(window: Window) -> Parts:
    """Return by process all reads, empty ones, and what came before these on the same fd."""
    rows = calls(window, ("read", "close"), COLUMNS, IF_KNOWN)
    read = are_of(rows, "read")
    rows = rows[~read | (rows["off_cpu_ns"] != UNKNOWN)]
    read = are_of(rows, "read")
    empty = read & (rows["ret"] == -errno.EAGAIN)
    short = read & (rows["ret"] > 0) & (rows["ret"] < rows["nr"])
    counted = rows.assign(
        reads=1,
        empty=empty,
        got=np.maximum(rows["ret"], 0),
        empty_ns=(rows["wall_ns"] - rows["off_cpu_ns"]) * empty,
        after=EMPTY_ONE * empty + SHORT * short,
    )
    columns = ("reads", "empty", "got", "empty_ns")
    return Parts(
        {
            "reads": Sums.of(counted[read], ("pid",), columns),
            "empty": Largest.of(rows[empty], ("pid",), "wall_ns"),
            "before": Following.of(window, counted, ("pid", "fd"), before_empty, empty),
        }
    )


def before_empty(rows: Rows) -> Parts:
    """Return by process how many empty reads came right after a short one, or an empty one."""
    flagged = rows.assign(short=rows["before"] == SHORT, again=rows["before"] == EMPTY_ONE)
    return Parts({"before": Sums.of(flagged, ("pid",), ("short", "again"))})


def judge(parts: Parts, _: Facts) -> Iterator[Finding]:
    """Find processes many of whose reads find nothing."""
    for row in parts.sums("reads").rows("pid"):
        if row["empty"] < max(EMPTY.value, SHARE.value * row["reads"]):
            continue
        before = results_of(parts, "before").sums("before").of_key(row["pid"])
        call = parts.largest("empty").row(pid=row["pid"])
        yield Finding(
            rule=EMPTY_READS.id,
            pid=row["pid"],
            text=message(
                "{empty:,} of {reads:,} reads found nothing (EAGAIN): {short:,} right after a read "
                "that got less than it asked for, {again:,} right after one that found nothing",
                empty=row["empty"],
                reads=row["reads"],
                short=before["short"],
                again=before["again"],
            ),
            numbers=(
                Number("reads", row["reads"], "calls"),
                Number("empty", row["empty"], "calls"),
                Number("empty_after_short", before["short"], "calls"),
                Number("empty_after_empty", before["again"], "calls"),
                Number("bytes_per_read", row["got"] / row["reads"], "bytes"),
            ),
            time_ns=row["empty_ns"],
            instance=Instance(call["tid"], call["seq"]),
        )


EMPTY_READS: Final = Rule(
    id="empty-reads",
    title=message("Reads that find nothing"),
    needs=("off_cpu_ns:read",),
    gather=gather,
    judge=judge,
    thresholds=(EMPTY, SHARE),
    why=message("Each is a wasted system call, often as expensive as one that returns data."),
    change=message(
        "Read only when the fd is reported ready. A stream that returned less than was asked for "
        "is empty: the next read can wait for the next event, even with edge-triggered fds."
    ),
    read=("epoll(7), questions and answers, 9", "read(2), EAGAIN"),
)
RULES: Final = (EMPTY_READS,)
