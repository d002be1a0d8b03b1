"""The wait that was woken most often."""

from __future__ import annotations

import pandas as pd

from analysis.frames import Trace
from analysis.undecided import Undecided
from analysis.verdicts.pick import phases_of
from analysis.verdicts.timelines import Timeline, calls_in
from analysis.way import Way, way_of_calls


def slept_most(*models: str) -> Timeline:
    """Return the way of the wait that slept most often, the first of equals."""

    def way(trace: Trace) -> Way:
        waits = pd.concat([calls_in(trace, phase) for phase in phases_of(trace, *models)])
        slept = waits.loc[waits["family"].isin(("select", "poll", "epoll_wait")), "sleeps"]
        if slept.dropna().empty:
            raise Undecided("no wait whose sleeps were seen")
        return way_of_calls(trace, waits.loc[[slept.astype("float64").idxmax()]])

    return way
