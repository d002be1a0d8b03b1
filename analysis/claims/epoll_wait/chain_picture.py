"""Who runs epoll's callback, what is queued where, and how far each event got."""

from __future__ import annotations

import pandas as pd

from analysis.checks.undecided import Undecided
from analysis.claims.epoll_wait.callbacks import chains_of
from analysis.claims.epoll_wait.own_queue import with_callbacks, with_wakes
from analysis.claims.epoll_wait.wakers import places_of, wakes_of
from analysis.frames import Trace
from analysis.pictures.picture import Picture
from analysis.pictures.shares import share_rows, shares_chart
from analysis.verdicts.pick import phases_of
from tracer.shared.message import message


def _pushes(trace: Trace) -> pd.DataFrame:
    """Return where the waiter was, and in whose call, when callbacks ran."""
    ran = pd.concat([places_of(trace, each) for each in phases_of(trace, "epoll")])
    asleep, elsewhere, pulled, writes = (int(ran[column].sum()) for column in ran.columns)
    awake = len(ran) - asleep - elsewhere - pulled
    lines = [
        (message("waiter in no epoll_wait"), elsewhere),
        (message("waiter asleep in epoll_wait"), asleep),
        (message("waiter awake in epoll_wait"), awake),
        (message("run by the waiter's own epoll_wait"), pulled),
        (message("all: inside the write of the data"), writes),
    ]
    return share_rows([(what, count, len(ran)) for what, count in lines])


def _entries(trace: Trace) -> pd.DataFrame:
    """Return which entry woke a sleeper, for poll and for epoll; callbacks without a sleeper.

    poll is left out where it was not recorded.
    """
    wakes = wakes_of(trace, phases_of(trace, "epoll", waker="while-asleep"))
    ran = pd.concat([places_of(trace, each) for each in phases_of(trace, "epoll")])
    own = int((~wakes["direct"] & wakes["by_entry"]).sum())
    epoll = share_rows(
        [
            (
                message("epoll_wait: woken by the fd's entry"),
                int(wakes["direct"].sum()),
                len(wakes),
            ),
            (message("epoll_wait: woken by another entry"), own, len(wakes)),
            (
                message("epoll: entry ran, nobody in epoll_wait"),
                int(ran["elsewhere"].sum()),
                len(ran),
            ),
        ],
        "epoll",
    )
    try:
        of_poll = wakes_of(trace, phases_of(trace, "poll", waker="while-asleep"), "poll")
        line = (
            message("poll: woken by the fd's entry"),
            int(of_poll["direct"].sum()),
            len(of_poll),
        )
        return pd.concat([share_rows([line], "poll"), epoll], ignore_index=True)
    except Undecided:
        return epoll


def _links(trace: Trace) -> pd.DataFrame:
    """Return how many epoll_waits that slept saw each link of the chain."""
    phases = phases_of(trace, "epoll", waker="while-asleep")
    links = [each for phase in phases for each in chains_of(trace, phase)]
    return share_rows(
        [
            (
                message("1. the callback of an active fd ran"),
                sum(e.callback for e in links),
                len(links),
            ),
            (
                message("2. out of it, the waiter was woken"),
                sum(e.woken for e in links),
                len(links),
            ),
            (
                message("3. it polled only what can be on the list"),
                sum(e.listed for e in links),
                len(links),
            ),
            (
                message("4. only what was called back was returned"),
                sum(e.returned for e in links),
                len(links),
            ),
        ]
    )


def _own_queue(trace: Trace) -> pd.DataFrame:
    """Return for epoll_waits that slept: who queued an entry on an fd, whose entry woke them."""
    phases = phases_of(trace, "epoll", waker="while-asleep")
    waits = pd.concat([with_wakes(trace, phase) for phase in phases], ignore_index=True)
    waits = waits[waits["sleep_calls"] > 0]
    columns = {
        "own_wakes": message("woken by an entry of their own"),
        "fd_wakes": message("woken by an entry on an fd"),
        "insertions": message("queued an entry on an fd"),
    }
    return share_rows(
        [(what, int((waits[column] > 0).sum()), len(waits)) for column, what in columns.items()]
    )


def _once(trace: Trace) -> pd.DataFrame:
    """Return how many epoll_waits slept, by whether something was ready before."""
    phases = phases_of(trace, "epoll")
    waits = pd.concat([with_callbacks(trace, phase) for phase in phases], ignore_index=True)
    slept = waits["sleep_calls"] > 0
    ready, woken = waits["waker"] == "before", slept & (waits["ret"] > 0)
    once = woken & (waits["notified"] == 1)
    again = slept & (waits["sleep_calls"] > 1)
    return share_rows(
        [
            (message("something was ready: slept"), int((ready & slept).sum()), int(ready.sum())),
            (message("nothing was ready: slept"), int((~ready & slept).sum()), int((~ready).sum())),
            (message("slept: more than once"), int(again.sum()), int(slept.sum())),
            (message("got an event: woken once by its entry"), int(once.sum()), int(woken.sum())),
        ]
    )


PUSHES = Picture(
    title="Where the waiter was when callbacks ran",
    shows="Each bar is a share of all runs of epoll's callback. The first four add up to all; "
    "the last says how many of all ran in the call that wrote the data.",
    rows=_pushes,
    chart=shares_chart,
)
ENTRIES = Picture(
    title="By which entry a sleeping task is woken, and what runs when nobody sleeps",
    shows="The last bar is a part of the callbacks that epoll's entries on fds ran; the others are "
    "parts of the wakeups from a sleep in the call named.",
    rows=_entries,
    chart=shares_chart,
)
LINKS = Picture(
    title="From callback to program, link by link",
    shows="Each bar is how many of the epoll_waits that slept saw this link of the chain.",
    rows=_links,
    chart=shares_chart,
)
OWN_QUEUE = Picture(
    title="What an epoll_wait that sleeps queues, and what wakes it",
    shows="Each bar is a share of the epoll_waits that slept until an event came.",
    rows=_own_queue,
    chart=shares_chart,
)
OWN_QUEUE_ONCE = Picture(
    title="Which epoll_waits sleep, and what wakes them",
    shows="An epoll_wait queues its own entry inline, which is not seen; who slept, and which "
    "entry woke it, is.",
    rows=_once,
    chart=shares_chart,
)
