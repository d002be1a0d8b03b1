"""Which call's way shows which claim: the one in which its point can be seen happening."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import pandas as pd

from analysis.claims.engine import Undecided
from analysis.claims.pick import phases_of
from analysis.frames import Trace
from analysis.truth import PhaseTruth
from analysis.way import Way, way_of, way_of_calls

EPOLL_CTL_ADD: Final = 1
EPOLL_CTL_MOD: Final = 3
F_SETFL: Final = 4
ASLEEP: Final = "while-asleep"

WayOf = Callable[[Trace], Way]


def _waits(*models: str, **spec: Any) -> WayOf:
    """Return the way of the best wait in the last phase of ``models`` with ``spec``."""
    return lambda trace: way_of(trace, phases_of(trace, *models, **spec)[-1].number)


def _made(trace: Trace, phase: PhaseTruth) -> pd.DataFrame:
    """Return the finished calls of the waiter of ``phase``, in order of time."""
    calls = trace.calls
    ours = (calls["phase"] == phase.number) & (calls["tid"] == phase.tid) & ~calls["unfinished"]
    return calls[ours].sort_values("enter_ns")


def _one_after_other(calls: pd.DataFrame, *wanted: pd.Series[bool]) -> pd.DataFrame:
    """Return the first call of the first of ``wanted``, then the next of the second, and so on.

    Args:
        calls: of one task, in order of time.
        wanted: which of them each place may be taken by.

    Undecided: there is no such sequence.
    """
    chosen: list[int] = []
    for which in wanted:
        known = which.fillna(value=False).astype(bool).tolist()
        start = chosen[-1] + 1 if chosen else 0
        found = next((place for place in range(start, len(known)) if known[place]), None)
        if found is None:
            raise Undecided("the calls that would show it did not follow one another")
        chosen.append(found)
    return calls.iloc[chosen]


def _of(calls: pd.DataFrame, family: str) -> pd.Series[bool]:
    return calls["family"] == family


def _many_naps(*models: str) -> WayOf:
    """Return the way of the wait that slept most often, the first of equals."""

    def way(trace: Trace) -> Way:
        waits = pd.concat([_made(trace, phase) for phase in phases_of(trace, *models)])
        slept = waits.loc[waits["family"].isin(("select", "poll", "epoll_wait")), "sleeps"]
        if slept.dropna().empty:
            raise Undecided("no wait whose sleeps were seen")
        return way_of_calls(trace, waits.loc[[slept.astype("float64").idxmax()]])

    return way


def _add_then_wait(trace: Trace) -> Way:
    """An fd is added; later it gets ready, and what was hung then is called back."""
    phase = phases_of(trace, "epoll", waker=ASLEEP)[0]
    calls = _made(trace, phase)
    adds = (calls["op"] == EPOLL_CTL_ADD) & calls["target"].isin(phase.active)
    return way_of_calls(trace, _one_after_other(calls, adds, _of(calls, "epoll_wait")))


def _event_without_waiter(trace: Trace) -> Way:
    """The program writes and only then waits: the callback ran with nobody asleep."""
    phases = [each for each in phases_of(trace, "epoll", waker="before") if len(each.active) == 1]
    if not phases:
        raise Undecided("no phase of epoll with one event before each wait")
    calls = _made(trace, phases[0])
    two = _one_after_other(calls, _of(calls, "write"), _of(calls, "epoll_wait"))
    return way_of_calls(trace, two)


def _edge_left_unread(trace: Trace) -> Way:
    """Two waits with nothing read between: the second does not look at the fd again."""
    calls = _made(trace, phases_of(trace, "epoll", trigger="edge", drain=False)[0])
    waits = _of(calls, "epoll_wait")
    return way_of_calls(trace, _one_after_other(calls, waits, waits))


def _oneshot(trace: Trace) -> Way:
    """A wait in which the fd's callback wakes nobody, then a MOD, and a wait that returns it."""
    calls = _made(trace, phases_of(trace, "epoll-oneshot")[0])
    waits = _of(calls, "epoll_wait")
    mods = _of(calls, "epoll_ctl") & (calls["op"] == EPOLL_CTL_MOD)
    first_mod = _one_after_other(calls, mods)
    last_wait = calls[waits & (calls["enter_ns"] < first_mod["enter_ns"].iloc[0])].tail(1)
    after = calls[calls["enter_ns"] >= first_mod["enter_ns"].iloc[0]]
    rearmed = _one_after_other(after, mods.loc[after.index], waits.loc[after.index])
    return way_of_calls(trace, pd.concat([last_wait, rearmed]))


def _nested(trace: Trace) -> Way:
    """A wait on the outer instance that slept, and the wait on the inner one after it."""
    phase = phases_of(trace, "epoll-nested", waker=ASLEEP)[0]
    calls = _made(trace, phase)
    outer = _of(calls, "epoll_wait") & (calls["fd"] == phase.results["outer"])
    inner = _of(calls, "epoll_wait") & (calls["fd"] == phase.results["inner"])
    return way_of_calls(trace, _one_after_other(calls, outer & (calls["sleeps"] > 0), inner))


def _sigio(trace: Trace) -> Way:
    """An fd is put on its file's list, a signal is waited for, and the fd is read."""
    phase = phases_of(trace, "sigio", waker=ASLEEP)[0]
    calls = _made(trace, phase)
    fd = calls["fd"].isin(phase.active[:1])
    listed = fd & _of(calls, "fcntl") & (calls["op"] == F_SETFL)
    reads = fd & _of(calls, "read")
    three = _one_after_other(calls, listed, _of(calls, "rt_sigtimedwait"), reads)
    return way_of_calls(trace, three)


def _aio(trace: Trace) -> Way:
    """Entries are hung by io_submit, and io_getevents waits for what their callbacks complete."""
    calls = _made(trace, phases_of(trace, "aio-poll", waker=ASLEEP)[0])
    two = _one_after_other(calls, _of(calls, "io_submit"), _of(calls, "io_getevents"))
    return way_of_calls(trace, two)


def _uring(shot: str) -> WayOf:
    """Return the way of a submission, a wait, and what the program must do for the next event.

    That is another submission (oneshot), or only another wait (multishot).
    """

    def way(trace: Trace) -> Way:
        calls = _made(trace, phases_of(trace, "io-uring", waker=ASLEEP, shot=shot)[0])
        enters = _of(calls, "io_uring_enter")
        submits, waits = enters & (calls["nr"] > 0), enters & (calls["op"] > 0)
        then = submits if shot == "oneshot" else waits
        return way_of_calls(trace, _one_after_other(calls, submits, waits, then))

    return way


WAYS: Final[Mapping[str, WayOf]] = {
    "mux-one-call": _waits("poll", waker=ASLEEP),
    "mux-continuous-scan": _waits("select", waker=ASLEEP),
    "mux-queues-each-call": _waits("poll", waker="before", position="middle"),
    "epoll-ctl-event-driven": _add_then_wait,
    "epoll-kernel-pushes": _waits("epoll", waker=ASLEEP),
    "entry-is-current": _event_without_waiter,
    "callback-fills-list": _waits("epoll", waker=ASLEEP),
    "epoll-own-queue": _waits("epoll", waker=ASLEEP),
    "mux-many-naps": _many_naps("poll-naps"),
    "epoll-many-naps": _many_naps("epoll-naps"),
    "et-no-repoll": _edge_left_unread,
    "oneshot-silent": _oneshot,
    "exclusive-one": _waits("epoll-crowd", trigger="exclusive"),
    "shared-instance-one": _waits("epoll-shared-crowd", trigger="edge", leave=False),
    "nested-callback": _nested,
    "sigio-no-entry": _sigio,
    "aio-poll-entry": _aio,
    "uring-poll-oneshot": _uring("oneshot"),
    "uring-poll-multishot": _uring("multishot"),
}
"""By id of the claim. TraceError, Undecided: the trace has no such calls, or no steps."""
