"""Which call's timeline is shown, if nobody says which."""

from __future__ import annotations

import pandas as pd

from analysis.frames import Trace
from tracer.shared.errors import TraceError, UsageError
from tracer.shared.message import Message, message

WAITING = (
    "epoll_wait", "poll", "select", "read", "io_uring_enter", "io_getevents", "rt_sigtimedwait",
)  # fmt: skip


def asked_call(trace: Trace, tid: int, seq: int) -> pd.DataFrame:
    """Return the row of the finished call number ``seq`` of task ``tid``.

    UsageError: there is none.
    """
    calls = trace.calls
    found = calls[(calls["tid"] == tid) & (calls["seq"] == seq) & ~calls["unfinished"]]
    if found.empty:
        raise UsageError(
            message("{path} has no finished call number {seq} of task {tid}",
                path=trace.path, seq=seq, tid=tid)
        )  # fmt: skip
    return found.head(1)


def chosen_call(trace: Trace, phase: int | None) -> pd.DataFrame:
    """Return the row of the first waiting call that slept and was woken through its entry.

    Where there is none, the first that slept and was woken, else one that looked at fds, else
    the first. Calls of the waiters that the truth names come before those of other tasks: a
    workload's waker waits too, in reads. Where there is a truth, only calls of its phases, unless
    asked for; a program that is not ours has none. TraceError: no finished waiting call.
    """
    calls = trace.calls[trace.calls["family"].isin(WAITING) & ~trace.calls["unfinished"]]
    if phase:
        calls = calls[calls["phase"] == phase]
    elif trace.truth is not None:
        calls = calls[calls["phase"] > 0]
    if calls.empty:
        raise TraceError(_none_there(trace, phase))
    return calls.loc[[(_rank(calls) + 8 * _of_waiters(trace, calls).astype(int)).idxmax()]]


def _none_there(trace: Trace, phase: int | None) -> Message:
    where = message("phase {number}", number=phase) if phase else message("any phase")
    return message(
        "{path}: no finished {families} in {where}",
        path=trace.path,
        families=", ".join(WAITING),
        where=where,
    )


def _rank(calls: pd.DataFrame) -> pd.Series[int]:
    counts = calls[["sleeps", "notified", "wakeups", "fd_polls"]].fillna(0)
    slept = counts["sleeps"] > 0
    through_entry = (slept & (counts["notified"] > 0)).astype(int)
    woken = (slept & (counts["wakeups"] > 0)).astype(int)
    return through_entry * 4 + woken * 2 + (counts["fd_polls"] > 0).astype(int)


def _of_waiters(trace: Trace, calls: pd.DataFrame) -> pd.Series[bool]:
    """Return which of ``calls`` a waiter made; all where the truth is not known."""
    if trace.truth is None:
        return pd.Series(data=True, index=calls.index)
    waiters = {
        (phase.number, tid)
        for phase in trace.truth.phases
        for tid in ([waiter.tid for waiter in phase.waiters] or [phase.tid])
    }
    made = [pair in waiters for pair in zip(calls["phase"], calls["tid"], strict=True)]
    return pd.Series(made, index=calls.index, dtype=bool)
