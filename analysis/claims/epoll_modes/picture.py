"""epoll's flags, and an instance in another: how often the next poll, wakeup or return came."""

from __future__ import annotations

import pandas as pd

from analysis.claims.epoll_modes.nested import chains_of
from analysis.claims.epoll_modes.triggers import arming_of, second_polls
from analysis.frames import Trace
from analysis.pictures.picture import Picture
from analysis.pictures.shares import share_rows, shares_chart
from analysis.verdicts.pick import phases_of
from tracer.shared.message import message


def _second(trace: Trace) -> pd.DataFrame:
    """Return how many of the returned fds the next epoll_wait polled before it slept."""
    level = second_polls(trace, phases_of(trace, "epoll", trigger="level"))
    edge = second_polls(trace, phases_of(trace, "epoll", trigger="edge"))
    drained = edge["drained"].astype(bool)
    parts = [
        (message("level-triggered: polled again"), level),
        (message("edge-triggered: polled again"), edge[drained]),
        (message("edge-triggered, data left: polled"), edge[~drained]),
    ]
    return share_rows([(what, int((fds["fd_polls"] > 0).sum()), len(fds)) for what, fds in parts])


def _silent(trace: Trace) -> pd.DataFrame:
    """Return what new data did for an fd after its event, and again after a MOD."""
    phases = phases_of(trace, "epoll-oneshot")
    waits = pd.concat([arming_of(trace, each) for each in phases], ignore_index=True)
    silent, rearmed = waits[waits["silent"]], waits[waits["rearmed"]]
    lines = [
        (message("new data: the fd's callback ran"), silent["called"] > 0),
        (message("new data: the callback woke the waiter"), silent["woke"] > 0),
        (message("new data: epoll_wait returned the fd"), silent["returned"]),
        (message("after EPOLL_CTL_MOD: returned the fd"), rearmed["returned"]),
    ]
    return share_rows([(what, int(found.sum()), len(found)) for what, found in lines])


def _nested(trace: Trace) -> pd.DataFrame:
    """Return how many outer epoll_waits that slept saw each link of the chain."""
    phases = phases_of(trace, "epoll-nested", waker="while-asleep")
    waits = pd.concat([chains_of(trace, phase) for phase in phases], ignore_index=True)
    lines = {
        "called": message("1. the fd's callback ran"),
        "nested": message("2. then the inner instance's callback"),
        "woken": message("3. then the outer waiter was woken"),
        "outer": message("4. it was given the inner epoll fd"),
        "inner": message("5. and from that, the fd"),
    }
    return share_rows([(what, int(waits[key].sum()), len(waits)) for key, what in lines.items()])


SECOND_POLLS = Picture(
    title="Is an fd that was returned polled again by the next epoll_wait?",
    shows="Each bar is a share of the fds that one epoll_wait returned before another one slept.",
    rows=_second,
    chart=shares_chart,
)
ONESHOT = Picture(
    title="What new data does for an EPOLLONESHOT fd that has given its event",
    shows="Each bar is a share of the epoll_waits during which the data came, or that followed "
    "an EPOLL_CTL_MOD.",
    rows=_silent,
    chart=shares_chart,
)
NESTED = Picture(
    title="An event through two epoll instances, link by link",
    shows="Each bar is how many of the outer epoll_waits that slept saw this link of the chain.",
    rows=_nested,
    chart=shares_chart,
)
