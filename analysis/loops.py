"""What loops do, by program, thread, epoll instance or fd: waits, events, calls in vain, time."""

from __future__ import annotations

import errno
from collections.abc import Mapping, Sequence
from typing import Final

import pandas as pd

from analysis.coverage import why_missing
from analysis.findings.examine import facts_of
from analysis.findings.parts import Sums
from analysis.findings.rule import Facts
from analysis.findings.selecting import TRANSFERS, UNKNOWN, WAITS, are_of, calls
from analysis.tables import table
from analysis.windows.recording import Recorded
from analysis.windows.window import Window
from tracer.shared.message import localized, message

BY: Final[Mapping[str, Sequence[str]]] = {
    "program": ("program",),
    "thread": ("program", "tid"),
    "epoll": ("program", "pid", "fd"),
    "fd": ("program", "pid", "fd"),
}
"""What rows can be by, and what names a row."""
FAMILIES: Final[Mapping[str, Sequence[str] | None]] = {
    "program": None,
    "thread": None,
    "epoll": ("epoll_wait", "epoll_ctl"),
    "fd": TRANSFERS,
}
"""Which families of calls are counted then; None: all."""
COUNTS: Final = (
    "calls", "waits", "events", "empty", "timeout_0", "slept", "vain", "add", "del", "mod",
    "eagain", "bytes", "kernel_ns",
)  # fmt: skip
NEEDS: Final = {"slept": "sleeps", "vain": "wakeups", "kernel_ns": "off_cpu_ns"}
"""The column of the calls that a count cannot be had without."""
MOST: Final = 20
"""Rows of a table."""
SHOWN: Final = (
    ("waits", "events", "events_per_wait", "empty", "timeout_0", "slept", "vain"),
    ("calls", "add", "del", "mod", "eagain", "bytes", "kernel_ms", "kernel_us_per_event"),
)
"""Columns of the tables."""
NS_PER_US, NS_PER_MS = 1e3, 1e6
CTL: Final = {"add": 1, "del": 2, "mod": 3}


def gather(window: Window) -> Sums:
    """Return the counts of ``window`` by pid, tid, fd and family."""
    rows = calls(
        window,
        None,
        ("pid", "tid", "fd", "op", "ret", "family", "timeout_ns", "wall_ns"),
        optional=("off_cpu_ns", "sleeps", "wakeups"),
    )
    wait, ctl = are_of(rows, *WAITS), are_of(rows, "epoll_ctl")
    transfer = are_of(rows, "read", "write", "splice")
    known = rows["off_cpu_ns"] != UNKNOWN
    counted = rows[["pid", "tid", "fd", "family"]].assign(
        calls=1,
        waits=wait,
        events=rows["ret"].clip(lower=0).where(wait, 0),
        empty=wait & (rows["ret"] == 0),
        timeout_0=wait & (rows["timeout_ns"] == 0),
        slept=wait & (rows["sleeps"] > 0),
        vain=(rows["wakeups"] - 1).clip(lower=0).where(wait, 0),
        **{name: ctl & (rows["op"] == op) for name, op in CTL.items()},
        eagain=rows["ret"] == -errno.EAGAIN,
        bytes=rows["ret"].clip(lower=0).where(transfer, 0),
        kernel_ns=(rows["wall_ns"] - rows["off_cpu_ns"]).where(known, 0),
    )
    return Sums.of(counted, ("pid", "tid", "fd", "family"), COUNTS)


def loops(trace: Recorded, by: str) -> pd.DataFrame:
    """Return a row for each of ``by`` (BY), those with most time in the kernel first.

    Columns: what names it; COUNTS, Int64, NA where no hook counts them; events_per_wait and
    kernel_ns_per_event, Float64, NA where there are none.
    """
    recording = trace.recording
    found: Sums | None = None
    for window in recording.windows():
        found = gather(window) if found is None else found.combine(gather(window))
    if found is None:
        return pd.DataFrame(columns=[*BY[by], *COUNTS])
    rows = _named(found.frame.reset_index(), by, facts_of(recording))
    sums = rows.groupby(list(BY[by]))[list(COUNTS)].sum().astype("Int64").reset_index()
    for column, need in NEEDS.items():
        if why_missing(recording.manifest.plan, need):
            sums[column] = pd.NA
    sums = sums.sort_values(["kernel_ns", "calls"], ascending=False, kind="stable")
    waits, events = sums["waits"].mask(sums["waits"] == 0), sums["events"].mask(sums["events"] == 0)
    sums["events_per_wait"] = (sums["events"] / waits).astype("Float64")
    sums["kernel_ns_per_event"] = (sums["kernel_ns"].astype("Int64") / events).astype("Float64")
    return sums.reset_index(drop=True)


def loops_tables(trace: Recorded, by: str, width: int) -> str:
    """Return ``loops`` as tables of at most MOST rows; columns that are all 0 are left out."""
    found = loops(trace, by)
    title = message(
        "By {by}: {shown} of {all}, those with most time in the kernel first",
        by=by,
        shown=min(len(found), MOST),
        all=len(found),
    )
    found = found.assign(
        kernel_ms=found["kernel_ns"].astype("Float64") / NS_PER_MS,
        kernel_us_per_event=found["kernel_ns_per_event"] / NS_PER_US,
    )
    tables = [_table(found.head(MOST), BY[by], columns, width) for columns in SHOWN]
    return "\n\n".join([localized(title), *tables])


def _table(found: pd.DataFrame, named: Sequence[str], columns: Sequence[str], width: int) -> str:
    shown = [c for c in columns if (found[c].notna() & (found[c] != 0)).any()]
    rows = [
        (*(str(row[name]) for name in named), *(row[name] for name in shown))
        for row in found.astype(object).to_dict("records")
    ]
    headers = [*named, *(column.replace("_", "\n") for column in shown)]
    return table(headers, rows, width, len(named))


def _named(rows: pd.DataFrame, by: str, facts: Facts) -> pd.DataFrame:
    families = FAMILIES[by]
    if families is not None:
        rows = rows[are_of(rows, *families) & (rows["fd"] >= 0)]
    return rows.assign(program=[facts.program(pid) for pid in rows["pid"].tolist()])
