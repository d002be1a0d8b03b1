"""An event that comes while nobody waits."""

from __future__ import annotations

from analysis.checks.undecided import Undecided
from analysis.frames import Trace
from analysis.timeline import Timeline, timeline_of_calls
from analysis.verdicts.pick import phases_of
from analysis.verdicts.timelines import calls_in, of_family, one_after_other


def event_without_waiter(trace: Trace) -> Timeline:
    """The program writes and only then waits: the callback ran with nobody asleep."""
    phases = [each for each in phases_of(trace, "epoll", waker="before") if len(each.active) == 1]
    if not phases:
        raise Undecided("no phase of epoll with one event before each wait")
    calls = calls_in(trace, phases[0])
    two = one_after_other(calls, of_family(calls, "write"), of_family(calls, "epoll_wait"))
    return timeline_of_calls(trace, two)
