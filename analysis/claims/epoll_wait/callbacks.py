"""Claims on epoll's callbacks: for which fds they run, and what they cause. They need steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.checks.undecided import Undecided
from analysis.claims.epoll_wait.ready_list import polls_of
from analysis.frames import Trace
from analysis.trace.instances import states_of, was_listed
from analysis.trace.truth import PhaseTruth
from analysis.verdicts.engine import Evidence, Verdict, corrected, refuted, supported
from analysis.verdicts.pick import calls_of, counted, every, phases_of, some, span
from analysis.verdicts.steps import (
    CALLBACK,
    SLEEPER,
    callbacks,
    within,
    working_callbacks,
)
from tracer.shared.message import Message, message


def epoll_only_active(trace: Trace) -> Verdict:
    """Callbacks per fd from the last ADD to the last epoll_wait, compared with the active set."""
    phases = [phase for phase in phases_of(trace, "epoll") if phase.idle and phase.active]
    if not phases:
        raise Undecided("no epoll phase with both active and idle fds")
    counts = pd.concat([callbacks_per_fd(trace, phase) for phase in phases], ignore_index=True)
    events = int(calls_of(trace, phases, "epoll_wait")["ret"].clip(lower=0).sum())
    active, idle = counts[counts["active"]], counts[~counts["active"]]
    if not events and not some(counts["callbacks"]):
        raise Undecided("no event was delivered and no callback ran")
    woken = idle["callbacks"] > 0
    evidence = [
        Evidence("events delivered", events, "events"),
        Evidence("active fds", len(active), "fds"),
        Evidence("callbacks of active fds", int(active["callbacks"].sum()), "callbacks"),
        Evidence("idle fds", len(idle), "fds"),
        Evidence("callbacks of idle fds", int(idle["callbacks"].sum()), "callbacks"),
        Evidence("idle fds that ran one", int(woken.sum()), "fds"),
    ]
    finding = message(
        "for {events} events {active} active fds ran {called} callbacks ({each} each), and {idle} "
        "idle fds ran {called_idle}",
        events=events,
        active=len(active),
        called=int(active["callbacks"].sum()),
        each=span(active["callbacks"]),
        idle=len(idle),
        called_idle=int(idle["callbacks"].sum()),
    )
    if not some(active["callbacks"] > 0) or every(woken):
        return refuted(finding, evidence)
    exact = every(active["callbacks"] > 0) and not some(woken)
    return supported(finding, evidence) if exact else corrected(finding, evidence)


def callbacks_per_fd(trace: Trace, phase: PhaseTruth) -> pd.DataFrame:
    """Return a row per watched fd: ``fd``, ``active`` (bool), ``callbacks`` (how many ran).

    Undecided: the fd of a callback is not known.
    """
    steps = working_callbacks(trace, phase)
    if (steps["fd"] < 0).any():
        raise Undecided(message("callbacks of unknown fds in phase {phase}", phase=phase.name))
    counts = steps["fd"].value_counts().reindex(list(phase.fds), fill_value=0)
    active = [fd in phase.active for fd in phase.fds]
    return pd.DataFrame({"fd": phase.fds, "active": active, "callbacks": counts.to_numpy()})


@dataclass(frozen=True)
class Links:
    """How far the chain from device to program was seen, in one epoll_wait that slept."""

    callback: bool
    woken: bool
    listed: bool
    returned: bool
    seen: bool | None = None
    """A callback's fd was seen on the ready list when it ended; None: the list was not read."""

    @property
    def whole(self) -> bool:
        links = self.callback and self.woken and self.listed and self.returned
        return links and self.seen is not False


def callback_fills_list(trace: Trace) -> Verdict:
    """Per round: callback of the fd, wakeup of the instance's queue, polls and return of the fd."""
    phases = phases_of(trace, "epoll", waker="while-asleep")
    links = [each for phase in phases for each in chains_of(trace, phase)]
    if not links:
        raise Undecided("no epoll_wait slept: there was nobody to wake")
    called = sum(each.callback for each in links)
    woken = sum(each.woken for each in links)
    listed = sum(each.listed for each in links)
    returned = sum(each.returned for each in links)
    whole = sum(each.whole for each in links)
    seen = [each.seen for each in links if each.seen is not None]
    evidence = [
        Evidence("epoll_waits that slept", len(links), "calls"),
        Evidence("callback of an active fd", called, "calls"),
        *([Evidence("whose fd was then seen on the list", sum(seen), "calls")] if seen else []),
        Evidence("then a wakeup on the instance's queue", woken, "calls"),
        Evidence("then only what can be on the list polled", listed, "calls"),
        Evidence("then only fds of those callbacks returned", returned, "calls"),
        Evidence("whole chain", whole, "calls"),
    ]
    finding = message(
        "of {waits} that slept {called} had a callback of an active fd ({seen}), {woken} a wakeup "
        "on the instance's queue from it, {listed} polled only what can be on the list, {returned} "
        "returned only what was called back, and {whole} had the whole chain",
        waits=counted(len(links), "epoll_wait"),
        called=called,
        seen=_seen_on_list(seen),
        woken=woken,
        listed=listed,
        returned=returned,
        whole=whole,
    )
    if not whole:
        return refuted(finding, evidence)
    return supported(finding, evidence) if whole == len(links) else corrected(finding, evidence)


def _seen_on_list(seen: list[bool]) -> Message:
    """Return that their fds were seen on the list, or that this is inferred."""
    if not seen:
        return message("that it put the fd on the list is inferred from what came of it")
    return message("{seen} of {read} saw the fd on the list", seen=sum(seen), read=len(seen))


def chains_of(trace: Trace, phase: PhaseTruth) -> list[Links]:
    """Return how far each epoll_wait of ``phase`` that slept saw the chain."""
    waits = polls_of(trace, phase)
    called, wakes = callbacks(trace, phase, CALLBACK), callbacks(trace, phase, SLEEPER)
    called = called[called["fd"].isin(phase.active)]
    states = states_of(trace.steps)
    seen = [was_listed(states, step) for _, step in called.iterrows()]
    called = called.assign(seen=pd.Series(seen, index=called.index, dtype="boolean"))
    return [
        _link(wait, within(called, *span), within(wakes, *span))
        for wait in waits.itertuples()
        if wait.sleep_calls and (span := _span(wait))
    ]


def _span(call: Any) -> tuple[int, int]:
    return int(call.enter_ns), int(call.exit_ns)


def _link(wait: Any, called: pd.DataFrame, wakes: pd.DataFrame) -> Links:
    """Compare one wait's steps with the fds it returned. The wakeup is nested in a callback."""
    nested = wakes.merge(called, on=["tid", "cpu"], suffixes=("", "_callback"))
    return Links(
        callback=not called.empty,
        woken=bool((nested["ts_ns"] >= nested["ts_ns_callback"]).any()),
        listed=bool(0 < wait.fd_polls <= wait.items),
        returned=bool(wait.given) and set(wait.given) <= set(called["fd"]),
        seen=bool(called["seen"].any()) if called["seen"].notna().any() else None,
    )
