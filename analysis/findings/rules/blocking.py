"""Calls that sleep on an fd that epoll watches: the loop waits for that one fd alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from analysis.findings.duration import lasting
from analysis.findings.following import AS_IT_WAS, Following, results_of
from analysis.findings.parts import Largest, Parts, Sums, rows_of
from analysis.findings.rows import Rows
from analysis.findings.rule import Facts, Finding, Instance, Number, Rule, Threshold
from analysis.findings.selecting import TRANSFERS, are_of, calls
from analysis.trace.missing import FAMILY_NAMES
from analysis.windows.window import Window
from tracer.shared.message import message
from tracer.shared.syscalls import EPOLL_CTL_ADD as ADD
from tracer.shared.syscalls import EPOLL_CTL_DEL as DEL

SLEPT: Final = Threshold(
    1_000_000, "ns", message("time asleep from which a call counts as blocking")
)
TIMES: Final = Threshold(5, "calls", message("calls that blocked on a watched fd, at least"))

COLUMNS: Final = ("pid", "tid", "seq", "fd", "target", "op", "ret", "family")
IF_KNOWN: Final = ("sleeps", "off_cpu_ns")
"""Columns that a close may lack."""


def gather(window: Window) -> Parts:
    """Return by process and fd the calls that slept on it while an epoll instance watched it."""
    sleeps, off_cpu_ns = window.of_calls("sleeps"), window.of_calls("off_cpu_ns")
    maybe = window.are("epoll_ctl", "close")
    maybe |= (sleeps > 0) & (off_cpu_ns >= SLEPT.value)  # most transfers matter no further
    rows = calls(window, ("epoll_ctl", "close", *TRANSFERS), COLUMNS, IF_KNOWN, maybe)
    ctl, close = are_of(rows, "epoll_ctl"), are_of(rows, "close")
    done = rows["ret"] == 0
    added = ctl & done & (rows["op"] == ADD)
    gone = (ctl & done & (rows["op"] == DEL)) | close
    slept = ~ctl & ~close & (rows["sleeps"] > 0) & (rows["off_cpu_ns"] >= SLEPT.value)
    chosen = np.flatnonzero(added | gone | slept)
    rows, ctl = rows[chosen], ctl[chosen]
    rows = rows.assign(
        fd=np.where(ctl, rows["target"], rows["fd"]),
        after=np.select([added[chosen], gone[chosen]], [1, 0], AS_IT_WAS),
    )
    return Parts({"on": Following.of(window, rows, ("pid", "fd"), while_watched, slept[chosen])})


def while_watched(rows: Rows) -> Parts:
    """Return the calls that slept on an fd that was watched just before."""
    blocked = rows[rows["before"] == 1].assign(calls=1)
    return Parts(
        {
            "blocked": Sums.of(blocked, ("pid", "fd", "family"), ("calls", "off_cpu_ns")),
            "longest": Largest.of(blocked, ("pid", "fd"), "off_cpu_ns"),
        }
    )


def judge(parts: Parts, _: Facts) -> Iterator[Finding]:
    """Find watched fds on which calls slept."""
    found = results_of(parts, "on")
    families = found.sums("blocked").by("pid", "fd", "family").sort_values("calls")
    names = {(each["pid"], each["fd"]): each["family"] for each in rows_of(families)}
    for row in found.sums("blocked").rows("pid", "fd"):
        if row["calls"] < TIMES.value:
            continue
        call = found.largest("longest").row(pid=row["pid"], fd=row["fd"])
        yield Finding(
            rule=BLOCKING.id,
            pid=row["pid"],
            fd=row["fd"],
            text=message(
                "{calls:,} calls ({family}) slept on fd {fd}, which epoll watched: {total} in "
                "all, at most {most}",
                calls=row["calls"],
                family=FAMILY_NAMES[names[row["pid"], row["fd"]]],
                fd=row["fd"],
                total=lasting(row["off_cpu_ns"]),
                most=lasting(call["off_cpu_ns"]),
            ),
            numbers=(
                Number("calls", row["calls"], "calls"),
                Number("off_cpu_ns", row["off_cpu_ns"], "ns"),
                Number("max_off_cpu_ns", call["off_cpu_ns"], "ns"),
            ),
            time_ns=row["off_cpu_ns"],
            instance=Instance(call["tid"], call["seq"]),
        )


BLOCKING: Final = Rule(
    id="blocking-call",
    title=message("Blocking calls on fds that epoll watches"),
    needs=("off_cpu_ns", "sleeps"),
    gather=gather,
    judge=judge,
    thresholds=(SLEPT, TIMES),
    why=message(
        "The thread sleeps for this one fd and serves no other. Either another thread took the "
        "event, or more was read or written than the event promised."
    ),
    change=message(
        "Make every fd that epoll watches non-blocking (O_NONBLOCK, SOCK_NONBLOCK, accept4), and "
        "return to the wait on EAGAIN."
    ),
    read=("epoll(7), level-triggered and edge-triggered", "fcntl(2), O_NONBLOCK"),
)
RULES: Final = (BLOCKING,)
