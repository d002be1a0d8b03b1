"""The claim on what epoll_wait polls."""

from __future__ import annotations

import pandas as pd

from analysis.checks.undecided import Undecided
from analysis.frames import Trace
from analysis.trace.truth import PhaseTruth
from analysis.verdicts.engine import Evidence, Verdict, corrected, refuted, supported
from analysis.verdicts.pick import counted, every, phases_of, some, span
from analysis.verdicts.steps import CALL, of_phase, waits_of
from tracer.shared.message import Message, joined, message
from tracer.shared.records import StepKind


def epoll_wait_checks_list(trace: Trace) -> Verdict:
    """Polls per epoll_wait, against the items that can be on its list and against all fds."""
    phases = phases_of(trace, "epoll", trigger="level")
    waits = pd.concat([polls_of(trace, phase) for phase in phases], ignore_index=True)
    slept, fd_polls = waits["sleep_calls"] > 0, waits["fd_polls"]
    if not some(slept):
        raise Undecided(
            message(
                "none of {waits} epoll_waits slept: nothing shows what one does then",
                waits=len(waits),
            )
        )
    lawful, extra = fd_polls == waits["items"], fd_polls > waits["items"]
    whole = fd_polls >= waits["n"]
    evidence = [
        Evidence("epoll_waits", len(waits), "calls"),
        Evidence("of them slept", int(slept.sum()), "calls"),
        Evidence("of them with one poll per item on the list", int(lawful.sum()), "calls"),
        Evidence("of them with more polls", int(extra.sum()), "calls"),
        Evidence("polls of fds", int(fd_polls.sum()), "polls of fds"),
        Evidence("events returned", int(waits["ret"].sum()), "events"),
        Evidence("polls of an fd that nobody made ready", int(waits["idle"].sum()), "polls of fds"),
        *(
            Evidence(
                message("polls of fds per call with {n} fds, most", n=n),
                int(rows.max()),
                "polls of fds",
            )
            for n, rows in fd_polls.groupby(waits["n"])
        ),
    ]
    in_all = message(
        "{lawful} of {waits} polled each item on the list once (what is ready, and what the "
        "call before returned), {extra} more often, {extra_slept} of these among the {slept} "
        "that slept: {fd_polls} polls of fds for {events} events, {idle} of them of idle fds",
        lawful=int(lawful.sum()),
        waits=counted(len(waits), "epoll_wait"),
        extra=int(extra.sum()),
        extra_slept=int((extra & slept).sum()),
        slept=int(slept.sum()),
        fd_polls=int(fd_polls.sum()),
        events=int(waits["ret"].sum()),
        idle=int(waits["idle"].sum()),
    )
    finding = joined("; ", [in_all, _per_size(waits)])
    if every(whole):
        all_fds = message(
            "epoll_wait polls every fd that it watches, not a list of those that are ready."
        )
        return refuted(finding, evidence, all_fds)
    if not some(extra[slept]):
        return refuted(finding, evidence)
    return supported(finding, evidence) if every(extra[slept]) else corrected(finding, evidence)


def _per_size(waits: pd.DataFrame) -> Message:
    sizes = waits["fd_polls"].groupby(waits["n"])
    return joined(
        ", ",
        [
            message("{fd_polls} per call with {n} fds", fd_polls=span(fd_polls), n=n)
            for n, fd_polls in sizes
        ],
    )


def polls_of(trace: Trace, phase: PhaseTruth) -> pd.DataFrame:
    """Return the waits of ``phase`` with ``n``, ``items`` and ``idle``.

    ``items``: polls explained by one round per time awake (6.1: fs/eventpoll.c ep_send_events()). A
    level-triggered item that was returned goes back on the list, so the next wait polls it again;
    if that wait sleeps, once more when it is ready. ``idle``: polls of other fds.
    """
    waits = waits_of(trace, phase)
    rows = zip(waits["given"], [[], *waits["given"]], waits["sleep_calls"] > 0, strict=False)
    items = [
        len(given) + len(last) if slept else len({*given, *last}) for given, last, slept in rows
    ]
    fd_polls = of_phase(trace, phase, StepKind.FD_POLL).merge(waits[CALL], on=CALL)
    others = fd_polls[~fd_polls["fd"].isin(phase.active)].groupby(CALL).size()
    idle = others.reindex(pd.MultiIndex.from_frame(waits[CALL]), fill_value=0)
    return waits.assign(items=items, idle=idle.to_numpy())
