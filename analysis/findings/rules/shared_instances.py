"""One epoll instance, several threads that wait on it, and fds that wake more than one of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from analysis.findings.parts import Largest, Parts, Sums, rows_of
from analysis.findings.rule import Facts, Finding, Instance, Number, Rule, Threshold
from analysis.findings.selecting import calls
from analysis.windows.grouping import among
from analysis.windows.window import Window
from tracer.shared.message import message
from tracer.shared.syscalls import EPOLL_CTL_ADD as ADD
from tracer.shared.syscalls import EPOLL_CTL_MOD as MOD

WAITS: Final = Threshold(5, "calls", message("waits from which a thread counts as a waiter"))
THREADS: Final = Threshold(2, "threads", message("waiters that share an instance, at least"))

EXCLUSIVE, ONESHOT, EDGE = 1 << 28, 1 << 30, 1 << 31
"""EPOLLEXCLUSIVE, EPOLLONESHOT, EPOLLET."""
GUARDED: Final = EXCLUSIVE | ONESHOT | EDGE


def gather(window: Window) -> Parts:
    """Return who waits on each epoll instance, and with which flags fds were added."""
    waits = calls(window, ("epoll_wait",), ("pid", "tid", "seq", "fd", "ret", "wall_ns"))
    ctl = calls(window, ("epoll_ctl",), ("pid", "fd", "target", "op", "nr", "ret"))
    ctl = ctl[(ctl["ret"] == 0) & among(ctl["op"], (ADD, MOD)) & (ctl["nr"] > 0)]
    counted = ctl.assign(asked=1, unguarded=(ctl["nr"] & GUARDED) == 0)
    return Parts(
        {
            "waits": Sums.of(waits.assign(waits=1), ("pid", "fd", "tid"), ("waits",)),
            "fds": Sums.of(counted, ("pid", "fd", "target"), ("asked", "unguarded")),
            "longest": Largest.of(waits, ("pid", "fd"), "wall_ns"),
        }
    )


def judge(parts: Parts, _: Facts) -> Iterator[Finding]:
    """Find instances that several threads wait on, with fds whose events may wake more than one."""
    waits = parts.sums("waits").by("pid", "fd", "tid")
    waiters = (
        waits[waits["waits"] >= WAITS.value]
        .groupby(["pid", "fd"], as_index=False)
        .agg(threads=("tid", "size"))
    )
    fds = parts.sums("fds").by("pid", "fd", "target")
    for row in rows_of(waiters):
        pid, fd, threads = row["pid"], row["fd"], row["threads"]
        of_it = fds[(fds["pid"] == pid) & (fds["fd"] == fd)]
        unguarded = of_it[of_it["unguarded"] > 0]
        if threads < THREADS.value or unguarded.empty:
            continue
        call = parts.largest("longest").row(pid=pid, fd=fd)
        yield Finding(
            rule=SHARED.id,
            pid=pid,
            fd=fd,
            text=message(
                "{threads:,} threads wait on epoll fd {fd}; {unguarded:,} of its {fds:,} fds are "
                "level-triggered without EPOLLONESHOT or EPOLLEXCLUSIVE",
                threads=threads,
                fd=fd,
                unguarded=len(unguarded),
                fds=len(of_it),
            ),
            numbers=(
                Number("threads", threads, "threads"),
                Number("fds", len(of_it), "fds"),
                Number("unguarded", len(unguarded), "fds"),
            ),
            time_ns=0,
            instance=Instance(call["tid"], call["seq"]),
        )


SHARED: Final = Rule(
    id="shared-instance",
    title=message("Threads share an epoll instance and its level-triggered fds"),
    needs=(),
    gather=gather,
    judge=judge,
    thresholds=(WAITS, THREADS),
    why=message(
        "A level-triggered fd stays on the ready list until the first thread has read it: the "
        "next thread that waits gets the same event, and two threads read one fd at the same "
        "time."
    ),
    change=message(
        "Add the fds with EPOLLET or EPOLLONESHOT, or give each thread its own epoll instance."
    ),
    read=("epoll(7), EPOLLONESHOT", "epoll_ctl(2)"),
)
RULES: Final = (SHARED,)
