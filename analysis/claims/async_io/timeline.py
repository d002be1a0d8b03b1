"""From the submission to the event."""

from __future__ import annotations

from fcntl import F_SETFL

from analysis.frames import Trace
from analysis.verdicts.pick import phases_of
from analysis.verdicts.timelines import ASLEEP, Timeline, calls_in, of_family, one_after_other
from analysis.way import Way, way_of_calls


def sigio(trace: Trace) -> Way:
    """An fd is put on its file's list, a signal is waited for, and the fd is read."""
    phase = phases_of(trace, "sigio", waker=ASLEEP)[0]
    calls = calls_in(trace, phase)
    fd = calls["fd"].isin(phase.active[:1])
    listed = fd & of_family(calls, "fcntl") & (calls["op"] == F_SETFL)
    reads = fd & of_family(calls, "read")
    three = one_after_other(calls, listed, of_family(calls, "rt_sigtimedwait"), reads)
    return way_of_calls(trace, three)


def aio(trace: Trace) -> Way:
    """Entries are hung by io_submit, and io_getevents waits for what their callbacks complete."""
    calls = calls_in(trace, phases_of(trace, "aio-poll", waker=ASLEEP)[0])
    two = one_after_other(calls, of_family(calls, "io_submit"), of_family(calls, "io_getevents"))
    return way_of_calls(trace, two)


def uring(shot: str) -> Timeline:
    """Return the way of a submission, a wait, and what the program must do for the next event.

    That is another submission (oneshot), or only another wait (multishot).
    """

    def way(trace: Trace) -> Way:
        calls = calls_in(trace, phases_of(trace, "io-uring", waker=ASLEEP, shot=shot)[0])
        enters = of_family(calls, "io_uring_enter")
        submits, waits = enters & (calls["nr"] > 0), enters & (calls["op"] > 0)
        then = submits if shot == "oneshot" else waits
        return way_of_calls(trace, one_after_other(calls, submits, waits, then))

    return way
