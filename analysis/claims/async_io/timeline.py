"""From the submission to the event."""

from __future__ import annotations

from fcntl import F_SETFL

from analysis.frames import Trace
from analysis.timeline import Timeline, timeline_of_calls
from analysis.verdicts.pick import phases_of
from analysis.verdicts.timelines import ASLEEP, TimelineOf, calls_in, of_family, one_after_other


def sigio(trace: Trace) -> Timeline:
    """An fd is put on its file's list, a signal is waited for, and the fd is read."""
    phase = phases_of(trace, "sigio", waker=ASLEEP)[0]
    calls = calls_in(trace, phase)
    fd = calls["fd"].isin(phase.active[:1])
    listed = fd & of_family(calls, "fcntl") & (calls["op"] == F_SETFL)
    reads = fd & of_family(calls, "read")
    three = one_after_other(calls, listed, of_family(calls, "rt_sigtimedwait"), reads)
    return timeline_of_calls(trace, three)


def aio(trace: Trace) -> Timeline:
    """Entries are queued by io_submit, and io_getevents waits for what their callbacks complete."""
    calls = calls_in(trace, phases_of(trace, "aio-poll", waker=ASLEEP)[0])
    two = one_after_other(calls, of_family(calls, "io_submit"), of_family(calls, "io_getevents"))
    return timeline_of_calls(trace, two)


def uring(shot: str) -> TimelineOf:
    """Return the timeline of a submission, a wait, and what the program must do for the next event.

    That is another submission (oneshot), or only another wait (multishot).
    """

    def timeline(trace: Trace) -> Timeline:
        calls = calls_in(trace, phases_of(trace, "io-uring", waker=ASLEEP, shot=shot)[0])
        enters = of_family(calls, "io_uring_enter")
        submits, waits = enters & (calls["nr"] > 0), enters & (calls["op"] > 0)
        then = submits if shot == "oneshot" else waits
        return timeline_of_calls(trace, one_after_other(calls, submits, waits, then))

    return timeline
