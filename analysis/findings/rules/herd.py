"""The thundering herd: several are woken for one event, and one of them gets it."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from typing import Final

import numpy as np

from analysis.findings.following import Following, results_of
from analysis.findings.parts import Largest, Parts, Sums
from analysis.findings.rows import Rows
from analysis.findings.rule import Facts, Finding, Instance, Number, Rule, Threshold
from analysis.findings.selecting import UNKNOWN, WAITS, are_of, calls
from analysis.windows.window import Window
from tracer.shared.message import message
from tracer.shared.syscalls import EPOLL_CTL_ADD as ADD

VAIN: Final = Threshold(20, "calls", message("accepts that found nothing right after a wait"))
SHARE: Final = Threshold(0.2, "of 1", message("their share of the accepts after a wait, at least"))
WOKEN: Final = Threshold(20, "wakeups", message("wakeups after which a wait slept again"))
WOKEN_SHARE: Final = Threshold(0.2, "of 1", message("their share of all wakeups, at least"))

EXCLUSIVE: Final = 1 << 28
"""EPOLLEXCLUSIVE (include/uapi/linux/eventpoll.h)."""
WAITED, ACCEPTED = 0, 1


def gather_accepts(window: Window) -> Parts:
    """Return the accepts that were the first after a wait of their thread, by listener."""
    columns = ("pid", "tid", "seq", "fd", "family", "wall_ns")
    rows = calls(window, (*WAITS, "accept"), columns, ("ret", "off_cpu_ns"))
    accept = are_of(rows, "accept")
    rows = rows.assign(after=np.where(accept, ACCEPTED, WAITED))
    return Parts(
        {
            "accepts": Following.of(window, rows, ("tid",), after_wait, accept),
            "added": _added(window),
        }
    )


def _added(window: Window) -> Sums:
    """Return by process and fd how often it was added to epoll, and with EPOLLEXCLUSIVE."""
    rows = calls(window, ("epoll_ctl",), ("pid", "target", "op", "nr", "ret"))
    rows = rows[(rows["op"] == ADD) & (rows["ret"] == 0)]
    exclusive = (rows["nr"] & EXCLUSIVE) != 0
    return Sums.of(
        rows.assign(added=1, exclusive=exclusive), ("pid", "target"), ("added", "exclusive")
    )


def after_wait(rows: Rows) -> Parts:
    """Return by thread and listener the first accepts after a wait, and those with EAGAIN."""
    first = rows[rows["before"] == WAITED]
    vain = first["ret"] == -errno.EAGAIN
    known = vain & (first["off_cpu_ns"] != UNKNOWN)
    counted = first.assign(
        first=1, vain=vain, vain_ns=np.where(known, first["wall_ns"] - first["off_cpu_ns"], 0)
    )
    return Parts(
        {
            "first": Sums.of(counted, ("pid", "tid", "fd"), ("first", "vain", "vain_ns")),
            "longest": Largest.of(first[vain], ("pid", "fd"), "wall_ns"),
        }
    )


def judge_accepts(parts: Parts, _: Facts) -> Iterator[Finding]:
    """Find processes that are woken for connections that others took."""
    found = results_of(parts, "accepts")
    for row in found.sums("first").rows("pid", "fd"):
        if row["vain"] < max(VAIN.value, SHARE.value * row["first"]):
            continue
        call = found.largest("longest").row(pid=row["pid"], fd=row["fd"])
        added = parts.sums("added").of_key(row["pid"], row["fd"])
        how = message("with EPOLLEXCLUSIVE" if added["exclusive"] else "without EPOLLEXCLUSIVE")
        seen = how if added["added"] else message("the epoll_ctl that added it was not seen")
        yield Finding(
            rule=HERD.id,
            pid=row["pid"],
            fd=row["fd"],
            text=message(
                "{vain:,} of {first:,} times it was woken for listener fd {fd}, another worker "
                "had taken the connection (accept: EAGAIN); {how}",
                vain=row["vain"],
                first=row["first"],
                fd=row["fd"],
                how=seen,
            ),
            numbers=(
                Number("woken", row["first"], "calls"),
                Number("vain", row["vain"], "calls"),
                Number("exclusive", added["exclusive"], "calls"),
            ),
            time_ns=row["vain_ns"],
            instance=Instance(call["tid"], call["seq"]),
        )


def gather_woken(window: Window) -> Parts:
    """Return by process the wakeups of its waits, and those after which the wait slept again."""
    columns = ("pid", "tid", "seq", "sleeps", "wakeups", "wall_ns", "off_cpu_ns")
    rows = calls(window, WAITS, columns)
    rows = rows[rows["wakeups"] > 0]
    vain = rows["wakeups"] - 1
    spent = np.where(vain > 0, rows["wall_ns"] - rows["off_cpu_ns"], 0)
    counted = rows.assign(waits=1, vain=vain, spent_ns=spent)
    return Parts(
        {
            "woken": Sums.of(counted, ("pid",), ("waits", "wakeups", "vain", "spent_ns")),
            "most": Largest.of(counted, ("pid",), "vain"),
        }
    )


def judge_woken(parts: Parts, _: Facts) -> Iterator[Finding]:
    """Find processes whose waits are woken and sleep again."""
    for row in parts.sums("woken").rows("pid"):
        if row["vain"] < max(WOKEN.value, WOKEN_SHARE.value * row["wakeups"]):
            continue
        call = parts.largest("most").row(pid=row["pid"])
        yield Finding(
            rule=WOKEN_IN_VAIN.id,
            pid=row["pid"],
            text=message(
                "{vain:,} of {wakeups:,} wakeups of its waits were spurious: the wait went back "
                "to sleep ({waits:,} waits, up to {most:,} such wakeups in one)",
                vain=row["vain"],
                wakeups=row["wakeups"],
                waits=row["waits"],
                most=call["vain"],
            ),
            numbers=(
                Number("waits", row["waits"], "calls"),
                Number("wakeups", row["wakeups"], "wakeups"),
                Number("vain", row["vain"], "wakeups"),
            ),
            time_ns=row["spent_ns"],
            instance=Instance(call["tid"], call["seq"]),
        )


HERD: Final = Rule(
    id="accept-herd",
    title=message("Thundering herd: woken for a connection that another worker took"),
    needs=("off_cpu_ns",),
    gather=gather_accepts,
    judge=judge_accepts,
    thresholds=(VAIN, SHARE),
    why=message(
        "Each connection wakes several workers, but only one gets it: the others are woken for a "
        "system call that fails."
    ),
    change=message(
        "Add the listener with EPOLLEXCLUSIVE to each worker's epoll instance, or give each "
        "worker its own listener (SO_REUSEPORT)."
    ),
    read=("epoll_ctl(2), EPOLLEXCLUSIVE", "socket(7), SO_REUSEPORT"),
)
WOKEN_IN_VAIN: Final = Rule(
    id="woken-in-vain",
    title=message("Waits that are woken and find nothing"),
    needs=("wakeups", "sleeps", "off_cpu_ns"),
    gather=gather_woken,
    judge=judge_woken,
    thresholds=(WOKEN, WOKEN_SHARE),
    why=message(
        "Each such wakeup costs two context switches: another task took what was there, or the "
        "event was not one that the wait asked for."
    ),
    change=message(
        "Let only one thread wait on an epoll instance, or use EPOLLEXCLUSIVE, and ask only for "
        "the events that you need."
    ),
    read=("epoll_ctl(2), EPOLLEXCLUSIVE", "epoll(7)"),
)
RULES: Final = (HERD, WOKEN_IN_VAIN)
