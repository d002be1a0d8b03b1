"""The wait that was woken most often."""

from __future__ import annotations

import pandas as pd

from analysis.checks.undecided import Undecided
from analysis.frames import Trace
from analysis.timeline import Timeline, timeline_of_calls
from analysis.verdicts.pick import phases_of
from analysis.verdicts.timelines import TimelineOf, calls_in


def slept_most(*models: str) -> TimelineOf:
    """Return the timeline of the wait that slept most often; of several the first."""

    def timeline(trace: Trace) -> Timeline:
        waits = pd.concat([calls_in(trace, phase) for phase in phases_of(trace, *models)])
        slept = waits.loc[waits["family"].isin(("select", "poll", "epoll_wait")), "sleeps"]
        if slept.dropna().empty:
            raise Undecided("no wait whose sleeps were seen")
        return timeline_of_calls(trace, waits.loc[[slept.astype("float64").idxmax()]])

    return timeline
