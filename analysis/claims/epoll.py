"""Claims on epoll's callbacks: what is hung when, and what runs for whom. They need steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pandas as pd

from analysis.claims.engine import (
    Evidence,
    Undecided,
    Verdict,
    claim,
    corrected,
    refuted,
    supported,
)
from analysis.claims.pick import calls_of, phases_of, span
from analysis.experiments import EPOLL_LIFE
from analysis.frames import Trace
from analysis.truth import PhaseTruth
from tracer.records import StepKind

EPOLL_CTL_ADD: Final = 1
CALLBACK: Final = "ep_poll_callback"
SLEEPER: Final = "ep_autoremove_wake_function"


@claim(
    id="queue-once-at-ctl",
    section="notes 3, defect 2",
    statement="The entry on an fd's wait queue is made once, by epoll_ctl, and not per wait.",
    experiment=EPOLL_LIFE,
    needs=("insertions:epoll_ctl", "insertions:epoll_wait", "truth"),
)
def queue_once_at_ctl(trace: Trace) -> Verdict:
    """Insertions per EPOLL_CTL_ADD and per epoll_wait; poll's beside them if it was recorded."""
    phases = phases_of(trace, "epoll")
    adds = _added(calls_of(trace, phases, "epoll_ctl"))
    waits = calls_of(trace, phases, "epoll_wait")
    if adds.empty or len(waits) < 2 * len(phases):
        raise Undecided(f"{len(adds)} ADDs and {len(waits)} waits: too few to tell once from often")
    once = adds["insertions"] == 1
    at_wait = waits["insertions"] > 0
    evidence = [
        Evidence("EPOLL_CTL_ADD", len(adds), "calls"),
        Evidence("of them with one insertion", int(once.sum()), "calls"),
        Evidence("epoll_wait", len(waits), "calls"),
        Evidence("of them with an insertion", int(at_wait.sum()), "calls"),
        Evidence("insertions at epoll_wait", int(waits["insertions"].sum()), "entries"),
        *_poll_beside(trace),
    ]
    finding = (
        f"{len(adds)} ADDs hung {span(adds['insertions'])} entries each; {len(waits)} epoll_waits "
        f"hung {int(waits['insertions'].sum())} on the fds' queues"
    )
    if once.all() and not at_wait.any():
        return supported(finding, evidence)
    if (adds["insertions"] == 0).all() or at_wait.all():
        return refuted(finding, evidence)
    return corrected(finding, evidence)


def _added(ctls: pd.DataFrame) -> pd.DataFrame:
    return ctls[(ctls["op"] == EPOLL_CTL_ADD) & (ctls["ret"] == 0)]


def _poll_beside(trace: Trace) -> list[Evidence]:
    try:
        calls = calls_of(trace, phases_of(trace, "poll", "select"), "poll", "select")
    except Undecided:
        return []
    hung = calls["insertions"].dropna()
    if hung.empty:
        return []
    return [Evidence("insertions per call of select and poll", float(hung.mean()), "entries")]


@claim(
    id="epoll-only-active",
    section="notes 3, epoll",
    statement="Only fds on which something happens run their callback; idle ones do not.",
    experiment=EPOLL_LIFE,
    needs=(
        "steps",
        f"hook:{CALLBACK}",
        "hook:ep_ptable_queue_proc",
        "insertions:epoll_ctl",
        "truth",
    ),
)
def epoll_only_active(trace: Trace) -> Verdict:
    """Callbacks per fd from the last ADD to the last epoll_wait, held against the active set."""
    phases = [phase for phase in phases_of(trace, "epoll") if phase.idle and phase.active]
    if not phases:
        raise Undecided("no epoll phase with both active and idle fds")
    counts = pd.concat([_callbacks_per_fd(trace, phase) for phase in phases], ignore_index=True)
    events = int(calls_of(trace, phases, "epoll_wait")["ret"].clip(lower=0).sum())
    active, idle = counts[counts["active"]], counts[~counts["active"]]
    if not events and not counts["callbacks"].any():
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
    finding = (
        f"for {events} events {len(active)} active fds ran {int(active['callbacks'].sum())} "
        f"callbacks ({span(active['callbacks'])} each), {len(idle)} idle fds "
        f"{int(idle['callbacks'].sum())}"
    )
    if not (active["callbacks"] > 0).any() or woken.all():
        return refuted(finding, evidence)
    exact = (active["callbacks"] > 0).all() and not woken.any()
    return supported(finding, evidence) if exact else corrected(finding, evidence)


def _callbacks_per_fd(trace: Trace, phase: PhaseTruth) -> pd.DataFrame:
    """Return a row per watched fd: ``fd``, ``active``, ``callbacks``."""
    adds = _added(calls_of(trace, [phase], "epoll_ctl")).head(len(phase.fds))
    waits = calls_of(trace, [phase], "epoll_wait")
    first_ns, last_ns = int(adds["exit_ns"].max()), int(waits["exit_ns"].max())
    steps = _callbacks(trace, CALLBACK, phase)
    steps = steps[steps["ts_ns"].between(first_ns, last_ns)]
    if (steps["fd"] < 0).any():
        raise Undecided(f"callbacks of unknown fds in phase {phase.name}")
    counts = steps["fd"].value_counts().reindex(list(phase.fds), fill_value=0)
    active = [fd in phase.active for fd in phase.fds]
    return pd.DataFrame({"fd": phase.fds, "active": active, "callbacks": counts.to_numpy()})


def _callbacks(trace: Trace, hook: str, phase: PhaseTruth) -> pd.DataFrame:
    """Return the callbacks of ``hook`` in ``phase`` on entries of its waiter, by time."""
    steps = trace.steps
    ran = (steps["kind"] == StepKind.CALLBACK) & (steps["hook_name"] == hook)
    ours = (steps["phase"] == phase.number) & (steps["owner_tid"] == phase.tid)
    return steps[ran & ours].sort_values("ts_ns", kind="stable")


@dataclass(frozen=True)
class _Links:
    """How far the chain from device to program was seen, in one epoll_wait that slept."""

    callback: bool
    woken: bool
    returned: bool

    @property
    def whole(self) -> bool:
        return self.callback and self.woken and self.returned


@claim(
    id="callback-fills-list",
    section="notes 3, defect 2",
    statement="The callback puts its fd on the ready list and whoever waits there is woken.",
    experiment=EPOLL_LIFE,
    needs=("steps", f"hook:{CALLBACK}", f"hook:{SLEEPER}", "hook:ep_ptable_queue_proc",
           "sleep_calls:epoll_wait", "insertions:epoll_ctl", "truth"),
)  # fmt: skip
def callback_fills_list(trace: Trace) -> Verdict:
    """Per round: callback of the fd, then wake of the instance's queue, then that fd returned."""
    phases = phases_of(trace, "epoll", waker="while-asleep")
    links = [each for phase in phases for each in _chains(trace, phase)]
    if not links:
        raise Undecided("no epoll_wait slept: there was nobody to wake")
    seen = {
        "callback of an active fd": sum(each.callback for each in links),
        "then a wake of the instance's queue": sum(each.woken for each in links),
        "then only active fds returned": sum(each.returned for each in links),
        "whole chain": sum(each.whole for each in links),
    }
    evidence = [
        Evidence("epoll_waits that slept", len(links), "calls"),
        *(Evidence(what, count, "calls") for what, count in seen.items()),
    ]
    steps = ", ".join(f"{what} in {count}" for what, count in seen.items())
    finding = f"of {len(links)} epoll_waits that slept: {steps}"
    if not seen["whole chain"]:
        return refuted(finding, evidence)
    whole = seen["whole chain"] == len(links)
    return supported(finding, evidence) if whole else corrected(finding, evidence)


def _chains(trace: Trace, phase: PhaseTruth) -> list[_Links]:
    waits = calls_of(trace, [phase], "epoll_wait").sort_values("enter_ns")
    returned = phase.results.get("ready")
    if returned is None or len(returned) != len(waits):
        raise Undecided(f"the truth does not say which fds each wait of {phase.name} returned")
    callbacks, wakes = _callbacks(trace, CALLBACK, phase), _callbacks(trace, SLEEPER, phase)
    callbacks = callbacks[callbacks["fd"].isin(phase.active)]
    spans = waits[["enter_ns", "exit_ns", "sleep_calls"]].itertuples(index=False)
    return [
        _link(_within(callbacks, enter, leave), _within(wakes, enter, leave), fds, phase)
        for (enter, leave, slept), fds in zip(spans, returned, strict=True)
        if slept
    ]


def _within(steps: pd.DataFrame, first_ns: int, last_ns: int) -> pd.DataFrame:
    return steps[steps["ts_ns"].between(first_ns, last_ns)]


def _link(
    callbacks: pd.DataFrame, wakes: pd.DataFrame, returned: list[int], phase: PhaseTruth
) -> _Links:
    """Hold one wait's steps against the fds it returned. The wake is nested in a callback."""
    nested = wakes.merge(callbacks, on=["tid", "cpu"], suffixes=("", "_callback"))
    return _Links(
        callback=not callbacks.empty,
        woken=bool((nested["ts_ns"] >= nested["ts_ns_callback"]).any()),
        returned=bool(returned) and set(returned) <= set(phase.active),
    )
