"""An fd from its ADD to its event."""

from __future__ import annotations

from analysis.frames import Trace
from analysis.timeline import Timeline, timeline_of_calls
from analysis.verdicts.pick import phases_of
from analysis.verdicts.timelines import ASLEEP, calls_in, of_family, one_after_other
from tracer.shared.syscalls import EPOLL_CTL_ADD


def add_then_wait(trace: Trace) -> Timeline:
    """An fd is added; later it gets ready, and the entry queued then has its callback run."""
    phase = phases_of(trace, "epoll", waker=ASLEEP)[0]
    calls = calls_in(trace, phase)
    adds = (calls["op"] == EPOLL_CTL_ADD) & calls["target"].isin(phase.active)
    return timeline_of_calls(trace, one_after_other(calls, adds, of_family(calls, "epoll_wait")))
