"""Which call's timeline is shown, if nobody says which."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt

from analysis.missing import FAMILY_NAMES
from analysis.windows.recording import Recording
from analysis.windows.window import Window
from tracer.shared.errors import TraceError, UsageError
from tracer.shared.message import Message, message

WAITING: Final = (
    "epoll_wait", "poll", "select", "read", "io_uring_enter", "io_getevents", "rt_sigtimedwait",
)  # fmt: skip
OF_WAITER: Final = 8
"""Rank of a call of a waiter that the truth names, above all that a call itself can have."""
HIGHEST: Final = OF_WAITER + 4 + 2 + 1
WINDOW: Final = 1 << 15


def asked_call(recording: Recording, tid: int, seq: int) -> int:
    """Return the place of the finished call number ``seq`` of task ``tid`` among the calls.

    UsageError: there is none.
    """
    for window in _windows(recording):
        found = (window.of_calls("tid") == tid) & (window.of_calls("seq") == seq)
        places = np.flatnonzero(found & ~window.unfinished)
        if len(places):
            return _checked(recording, window.first_call + int(places[0]))
    raise UsageError(
        message("{path} has no finished call number {seq} of task {tid}",
            path=recording.path, seq=seq, tid=tid)
    )  # fmt: skip


def chosen_call(recording: Recording, phase: int | None) -> int:
    """Return the place of the first waiting call that slept and was woken through its entry.

    Where there is none, the first that slept and was woken, else one that looked at fds, else
    the first. Calls of the waiters that the truth names come before those of other tasks: a
    workload's waker waits too, in reads. Where there is a truth, only calls of its phases, unless
    asked for; a program that is not ours has none. TraceError: no finished waiting call.
    """
    best, chosen = -1, None
    for window in _windows(recording):
        rows = _candidates(recording, window, phase)
        rows = rows[_most(window, rows) > best]
        if not len(rows):
            continue
        ranks = _rank(window, rows) + OF_WAITER * _of_waiters(recording, window, rows)
        if ranks.max() > best:
            best, chosen = int(ranks.max()), window.first_call + int(rows[ranks.argmax()])
        if best == HIGHEST:
            break
    if chosen is None:
        raise TraceError(_none_there(recording, phase))
    return _checked(recording, chosen)


def _windows(recording: Recording) -> Iterator[Window]:
    """Yield the calls, which are looked at for one of them alone: that one is checked then."""
    for number, calls in enumerate(recording.calls.windows(WINDOW)):
        yield replace(recording.no_window, calls=calls, first_call=number * WINDOW)


def _checked(recording: Recording, place: int) -> int:
    recording.calls.checked(place, place + 1)
    return place


def _candidates(recording: Recording, window: Window, phase: int | None) -> npt.NDArray[np.intp]:
    waiting = np.isin(window.families, [FAMILY_NAMES.index(name) for name in WAITING])
    wanted = waiting & ~window.unfinished
    if phase:
        wanted &= window.phases == phase
    elif recording.truth is not None:
        wanted &= window.phases > 0
    return np.flatnonzero(wanted)


def _none_there(recording: Recording, phase: int | None) -> Message:
    where = message("phase {number}", number=phase) if phase else message("any phase")
    return message(
        "{path}: no finished {families} in {where}",
        path=recording.path,
        families=", ".join(WAITING),
        where=where,
    )


def _most(window: Window, rows: npt.NDArray[np.intp]) -> npt.NDArray[np.int64]:
    """Return the highest rank that each of ``rows`` can have: what no hook saw is not asked yet."""
    slept = window.of_calls("sleeps")[rows] > 0
    through_entry = slept & (window.of_calls("notified")[rows] > 0)
    most: npt.NDArray[np.int64] = np.where(slept, OF_WAITER + 3, OF_WAITER + 1) + through_entry * 4
    return most


def _rank(window: Window, rows: npt.NDArray[np.intp]) -> npt.NDArray[np.int64]:
    def some(column: str) -> npt.NDArray[np.bool_]:
        there: npt.NDArray[np.bool_] = window.of_calls(column)[rows] > 0
        missing = window.missing.get(column)
        return there if missing is None else there & ~missing[rows]

    slept = some("sleeps")
    through_entry, woken = slept & some("notified"), slept & some("wakeups")
    ranks: npt.NDArray[np.int64] = through_entry * 4 + woken * 2 + some("fd_polls") * 1
    return ranks


def _of_waiters(
    recording: Recording, window: Window, rows: npt.NDArray[np.intp]
) -> npt.NDArray[np.bool_]:
    """Return which of ``rows`` a waiter made; all where the truth is not known."""
    if recording.truth is None:
        return np.ones(len(rows), bool)
    waiters = [
        phase.number << 32 | tid
        for phase in recording.truth.phases
        for tid in ([waiter.tid for waiter in phase.waiters] or [phase.tid])
    ]
    made = window.phases[rows] << 32 | window.of_calls("tid")[rows].astype(np.int64)
    return np.isin(made, waiters)
