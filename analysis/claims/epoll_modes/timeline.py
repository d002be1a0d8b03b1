"""Timelines of waits that show how epoll's modes differ."""

from __future__ import annotations

import pandas as pd

from analysis.frames import Trace
from analysis.timeline import Timeline, timeline_of_calls
from analysis.verdicts.pick import phases_of
from analysis.verdicts.timelines import ASLEEP, calls_in, of_family, one_after_other
from tracer.shared.syscalls import EPOLL_CTL_MOD


def edge_left_unread(trace: Trace) -> Timeline:
    """Two waits with no read in between: the second does not poll the fd again."""
    calls = calls_in(trace, phases_of(trace, "epoll", trigger="edge", drain=False)[0])
    waits = of_family(calls, "epoll_wait")
    return timeline_of_calls(trace, one_after_other(calls, waits, waits))


def oneshot(trace: Trace) -> Timeline:
    """A wait in which the fd's callback wakes nobody, then a MOD, and a wait that returns it."""
    calls = calls_in(trace, phases_of(trace, "epoll-oneshot")[0])
    waits = of_family(calls, "epoll_wait")
    mods = of_family(calls, "epoll_ctl") & (calls["op"] == EPOLL_CTL_MOD)
    first_mod = one_after_other(calls, mods)
    last_wait = calls[waits & (calls["enter_ns"] < first_mod["enter_ns"].iloc[0])].tail(1)
    after = calls[calls["enter_ns"] >= first_mod["enter_ns"].iloc[0]]
    rearmed = one_after_other(after, mods.loc[after.index], waits.loc[after.index])
    return timeline_of_calls(trace, pd.concat([last_wait, rearmed]))


def nested(trace: Trace) -> Timeline:
    """A wait on the outer instance that slept, and the wait on the inner one after it."""
    phase = phases_of(trace, "epoll-nested", waker=ASLEEP)[0]
    calls = calls_in(trace, phase)
    outer = of_family(calls, "epoll_wait") & (calls["fd"] == phase.results["outer"])
    inner = of_family(calls, "epoll_wait") & (calls["fd"] == phase.results["inner"])
    return timeline_of_calls(trace, one_after_other(calls, outer & (calls["sleeps"] > 0), inner))
