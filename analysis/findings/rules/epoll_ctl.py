"""Needless epoll_ctl: fds removed and added again, unchanged events, calls that fail."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from typing import Final

import numpy as np

from analysis.findings.following import AS_IT_WAS, Following, results_of
from analysis.findings.parts import Largest, Parts, Sums, rows_of
from analysis.findings.rows import Rows
from analysis.findings.rule import Facts, Finding, Instance, Number, Rule, Threshold
from analysis.findings.selecting import are_of, calls
from analysis.windows.window import Window
from tracer.shared.message import joined, message
from tracer.shared.syscalls import EPOLL_CTL_ADD as ADD
from tracer.shared.syscalls import EPOLL_CTL_DEL as DEL
from tracer.shared.syscalls import EPOLL_CTL_MOD as MOD

"""EPOLL_CTL_* (include/uapi/linux/eventpoll.h)."""
ONESHOT: Final = 1 << 30
"""EPOLLONESHOT: a change to the same events re-arms the fd."""
READD: Final = Threshold(
    20, "calls", message("fds removed and added again while they stayed open, at least")
)
SAME: Final = Threshold(20, "calls", message("changes to the events already asked for, at least"))
FAILING: Final = Threshold(5, "calls", message("failed calls of epoll_ctl, at least"))

COLUMNS: Final = ("pid", "tid", "seq", "fd", "target", "op", "nr", "ret", "family", "wall_ns")


def gather_readded(window: Window) -> Parts:
    """Return by process its EPOLL_CTL_* operations, and which fds it added again."""
    rows = calls(window, ("epoll_ctl", "close"), COLUMNS)
    rows = rows[rows["ret"] == 0]
    close = are_of(rows, "close")
    rows = rows.assign(
        target=np.where(close, rows["fd"], rows["target"]),
        op=np.where(close, 0, rows["op"]),
        after=np.select([close, rows["op"] == ADD, rows["op"] == DEL], [0, ADD, DEL], AS_IT_WAS),
    )
    counted = rows.assign(
        add=rows["op"] == ADD, remove=rows["op"] == DEL, change=rows["op"] == MOD
    )[~close]
    return Parts(
        {
            "calls": Sums.of(counted, ("pid",), ("add", "remove", "change")),
            "again": Following.of(
                window, rows, ("pid", "target"), after_removed, rows["op"] == ADD
            ),
        }
    )


def after_removed(rows: Rows) -> Parts:
    """Return the fds that were added again, and the time of removing and adding (twice that)."""
    again = rows[rows["before"] == DEL].assign(again=1)
    return Parts(
        {
            "again": Sums.of(again, ("pid",), ("again", "wall_ns")),
            "longest": Largest.of(again, ("pid",), "wall_ns"),
        }
    )


def judge_readded(parts: Parts, _: Facts) -> Iterator[Finding]:
    """Find processes that remove fds which they add again."""
    found = results_of(parts, "again")
    for row in found.sums("again").rows("pid"):
        if row["again"] < READD.value:
            continue
        of_pid = parts.sums("calls").of_key(row["pid"])
        call = found.largest("longest").row(pid=row["pid"])
        yield Finding(
            rule=READDED.id,
            pid=row["pid"],
            text=message(
                "fds were removed from an epoll instance and added again {again:,} times while "
                "they stayed open ({add:,} added in all, {remove:,} removed, {change:,} changed)",
                again=row["again"],
                add=of_pid["add"],
                remove=of_pid["remove"],
                change=of_pid["change"],
            ),
            numbers=(
                Number("added_again", row["again"], "calls"),
                Number("add", of_pid["add"], "calls"),
                Number("del", of_pid["remove"], "calls"),
                Number("mod", of_pid["change"], "calls"),
            ),
            time_ns=2 * row["wall_ns"],
            instance=Instance(call["tid"], call["seq"]),
        )


def gather_same(window: Window) -> Parts:
    """Return the changes of fds to the events that they already had, where these are known."""
    rows = calls(window, ("epoll_ctl",), COLUMNS)
    rows = rows[rows["ret"] == 0]
    known = rows["nr"] > 0  # the events; 0 where they could not be read
    after = np.where((rows["op"] != DEL) & known, rows["nr"], 0)
    return Parts(
        {
            "same": Following.of(
                window,
                rows.assign(after=after),
                ("pid", "fd", "target"),
                after_events,
                (rows["op"] == MOD) & known,
            )
        }
    )


def after_events(rows: Rows) -> Parts:
    """Return the changes that change nothing, without EPOLLONESHOT, which re-arms the fd."""
    changes = rows.assign(changes=1)
    same = changes[(changes["nr"] == changes["before"]) & (changes["nr"] & ONESHOT == 0)]
    return Parts(
        {
            "changes": Sums.of(changes, ("pid",), ("changes",)),
            "same": Sums.of(same, ("pid",), ("changes", "wall_ns")),
            "longest": Largest.of(same, ("pid",), "wall_ns"),
        }
    )


def judge_same(parts: Parts, _: Facts) -> Iterator[Finding]:
    """Find processes that request the same events again."""
    found = results_of(parts, "same")
    for row in found.sums("same").rows("pid"):
        if row["changes"] < SAME.value:
            continue
        changes = found.sums("changes").of_key(row["pid"])["changes"]
        call = found.largest("longest").row(pid=row["pid"])
        yield Finding(
            rule=SAME_EVENTS.id,
            pid=row["pid"],
            text=message(
                "{same:,} of {changes:,} changes of an fd (EPOLL_CTL_MOD) asked for the events "
                "it already had",
                same=row["changes"],
                changes=changes,
            ),
            numbers=(
                Number("same", row["changes"], "calls"),
                Number("mod", changes, "calls"),
            ),
            time_ns=row["wall_ns"],
            instance=Instance(call["tid"], call["seq"]),
        )


def gather_failing(window: Window) -> Parts:
    """Return by process how often epoll_ctl failed, by operation and errno."""
    rows = calls(window, ("epoll_ctl",), COLUMNS)
    failed = rows[rows["ret"] < 0].assign(failed=1)
    return Parts(
        {
            "failed": Sums.of(failed, ("pid", "op", "ret"), ("failed", "wall_ns")),
            "longest": Largest.of(failed, ("pid",), "wall_ns"),
        }
    )


def judge_failing(parts: Parts, _: Facts) -> Iterator[Finding]:
    """Find processes whose calls of epoll_ctl fail."""
    by_errno = parts.sums("failed").by("pid", "ret")
    for row in parts.sums("failed").rows("pid"):
        if row["failed"] < FAILING.value:
            continue
        kinds = rows_of(by_errno[by_errno["pid"] == row["pid"]].nlargest(len(by_errno), "failed"))
        names = [(errno.errorcode.get(-each["ret"], "?"), each["failed"]) for each in kinds]
        call = parts.largest("longest").row(pid=row["pid"])
        yield Finding(
            rule=CTL_FAILS.id,
            pid=row["pid"],
            text=message(
                "epoll_ctl failed {failed:,} times: {errors}",
                failed=row["failed"],
                errors=joined(
                    ", ", [message("{name} {count:,}", name=name, count=n) for name, n in names]
                ),
            ),
            numbers=(
                Number("failed", row["failed"], "calls"),
                *(Number(name, count, "calls") for name, count in names),
            ),
            time_ns=row["wall_ns"],
            instance=Instance(call["tid"], call["seq"]),
        )


READDED: Final = Rule(
    id="epoll-readded",
    title=message("Fds are removed from epoll and added again"),
    needs=(),
    gather=gather_readded,
    judge=judge_readded,
    thresholds=(READD,),
    why=message(
        "Each removal and addition is a system call that frees, or allocates and queues, an "
        "entry; events between the two are not seen."
    ),
    change=message(
        "Leave the fd in the instance, and use EPOLL_CTL_MOD only when its events change; close "
        "removes it anyway."
    ),
    read=("epoll_ctl(2)", "epoll(7), questions and answers"),
)
SAME_EVENTS: Final = Rule(
    id="epoll-same-events",
    title=message("Fds are changed to the events they already have"),
    needs=(),
    gather=gather_same,
    judge=judge_same,
    thresholds=(SAME,),
    why=message("Each is a system call that polls the fd and changes nothing."),
    change=message(
        "Remember the events asked for on each fd, and call epoll_ctl only when they change."
    ),
    read=("epoll_ctl(2), EPOLL_CTL_MOD",),
)
CTL_FAILS: Final = Rule(
    id="epoll-ctl-fails",
    title=message("epoll_ctl fails"),
    needs=(),
    gather=gather_failing,
    judge=judge_failing,
    thresholds=(FAILING,),
    why=message(
        "EBADF and ENOENT mean that the program's list of fds disagrees with the kernel's: an fd "
        "was closed before it was removed, or its number now belongs to another file. EEXIST "
        "means that it was already in the instance."
    ),
    change=message("Remove an fd before closing it, from one place only, and check every error."),
    read=("epoll_ctl(2), errors", "epoll(7), questions and answers"),
)
RULES: Final = (READDED, SAME_EVENTS, CTL_FAILS)
