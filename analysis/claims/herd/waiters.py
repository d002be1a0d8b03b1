"""Claims on several waiters for one fd: how many an event wakes, and which."""

from __future__ import annotations

import pandas as pd

from analysis.checks.undecided import Undecided
from analysis.claims.herd.events import events_of
from analysis.frames import Trace
from analysis.trace.truth import PhaseTruth
from analysis.verdicts.callbacks import calls_of_waiters
from analysis.verdicts.engine import Evidence, Verdict, corrected, refuted, supported
from analysis.verdicts.pick import counted, every, phases_of, some, span
from analysis.verdicts.steps import CALLBACK, POLLWAKE, SLEEPER
from tracer.shared.message import Message, joined, message

NEEDS = ("steps", f"hook:{CALLBACK}", f"hook:{SLEEPER}", "hook:sched_waking",
         "hook:sched_switch", "sleep_calls:epoll_wait", "truth")  # fmt: skip


def exclusive_one(trace: Trace) -> Verdict:
    """Waiters woken per event, with the flag and without. The kernel promises one or more."""
    herd = _events(trace, phases_of(trace, "epoll-herd", trigger="level"))
    chosen = _events(trace, phases_of(trace, "epoll-herd", trigger="exclusive"))
    if min(herd["there"].min(), chosen["there"].min()) < 2:
        raise Undecided("fewer than two waiters slept: one cannot be told from all")
    all_woken = herd["direct"] == herd["there"]
    one = chosen["direct"] == 1
    again, by_poll = _late_comers(trace, "epoll-herd"), _events_of_poll(trace)
    evidence = [
        *_counts(message("without the flag"), herd),
        *_counts(message("with EPOLLEXCLUSIVE"), chosen),
        Evidence("events with EPOLLEXCLUSIVE that woke just one", int(one.sum()), "events"),
        Evidence("epoll_waits of the herd", len(again), "calls"),
        Evidence("sleeps of those after a spurious wakeup", int(again.sum()), "sleeps"),
        *_poll_beside(by_poll),
    ]
    of_herd = message(
        "{events} on an fd in several instances woke {woken} of {waiters}",
        events=counted(len(herd), "event"),
        woken=span(herd["direct"]),
        waiters=span(herd["there"], "sleeping waiter"),
    )
    of_chosen = message(
        "with EPOLLEXCLUSIVE {events} woke {woken} of {waiters}",
        events=counted(len(chosen), "event"),
        woken=span(chosen["direct"]),
        waiters=span(chosen["there"]),
    )
    finding = joined("; ", [of_herd, of_chosen, _late_words(again), *_poll_words(by_poll)])
    spared = chosen["direct"] < chosen["there"]
    if not some(spared) or not some(herd["direct"] > 1) or every(chosen["direct"] == 0):
        return refuted(finding, evidence)
    whole = every(all_woken) and every(chosen["direct"] > 0) and one.mean() > 0.5
    return supported(finding, evidence) if whole else corrected(finding, evidence)


def shared_instance_one(trace: Trace) -> Verdict:
    """Waiters woken per event: by the write, and then by the epoll_waits of other waiters."""
    level = _events(trace, phases_of(trace, "epoll-shared-herd", trigger="level"))
    edge = _events(trace, phases_of(trace, "epoll-shared-herd", trigger="edge", leave=False))
    both = pd.concat([level, edge], ignore_index=True)
    if both["there"].min() < 2:
        raise Undecided("fewer than two waiters slept: one cannot be told from all")
    passed_on = int((level["others"] > 0).sum())
    evidence = [
        *_counts(message("of a level-triggered fd"), level),
        Evidence("of them followed by wakeups of others", passed_on, "events"),
        *_counts(message("of an edge-triggered fd"), edge),
        Evidence(
            "of those followed by wakeups of others", int((edge["others"] > 0).sum()), "events"
        ),
    ]
    of_level = message(
        "{events} of a level-triggered fd woke {woken} of {waiters} each, and after {passed_on} of "
        "them the epoll_wait that returned it woke {others}, as the fd went back on the list",
        events=counted(len(level), "event"),
        woken=span(level["direct"]),
        waiters=span(level["there"], "sleeping waiter"),
        passed_on=passed_on,
        others=_others(level),
    )
    of_edge = message(
        "{events} of an edge-triggered one woke {woken}, and {others} after that",
        events=counted(len(edge), "event"),
        woken=span(edge["direct"]),
        others=_others(edge),
    )
    finding = joined("; ", [of_level, of_edge])
    if not some(both["direct"] == 1):
        return refuted(finding, evidence)
    one = every(both["direct"] == 1)
    if one and every(both["others"] == 0):
        return supported(finding, evidence)
    by_level = one and some(level["others"] > 0) and every(edge["others"] == 0)
    not_one = message("An event does not always wake just one of the waiters in an epoll instance.")
    return corrected(finding, evidence, "" if by_level else not_one)


def lifo_wakeup(trace: Trace) -> Verdict:
    """Place of the first woken waiter among those asleep, by when they fell asleep."""
    phases = phases_of(trace, "epoll-shared-herd", trigger="edge")
    events = _events(trace, phases)
    events = events[(events["there"] > 1) & (events["direct"] > 0)]
    if events.empty:
        raise Undecided("no event woke one of several sleeping waiters")
    rows = zip(events["asleep"], events["woken"], strict=True)
    place = pd.Series([_place(woken[0], asleep) for asleep, woken in rows], index=events.index)
    last, first = place == events["there"] - 1, place == 0
    different = events["woken"].map(lambda woken: woken[0]).nunique()
    evidence = [
        Evidence("events that woke one of several sleeping waiters", len(events), "events"),
        Evidence("of them first woke the one that fell asleep last", int(last.sum()), "events"),
        Evidence("of them first woke the one that had slept longest", int(first.sum()), "events"),
        Evidence("waiters that were woken first", different, "tasks"),
    ]
    in_order = message(
        "{last} of {events} first woke the waiter that fell asleep last of {waiters}, {first} the "
        "one that had slept longest",
        last=int(last.sum()),
        events=counted(len(events), "event"),
        waiters=span(events["there"]),
        first=int(first.sum()),
    )
    in_turn = message("over all of them {waiters} came first", waiters=counted(different, "waiter"))
    finding = joined("; ", [in_order, in_turn])
    if not some(last):
        return refuted(finding, evidence)
    return supported(finding, evidence) if every(last) else corrected(finding, evidence)


def _place(tid: int, asleep: list[int]) -> int:
    """Return the place of ``tid`` among those asleep; -1: it is not among them."""
    return asleep.index(tid) if tid in asleep else -1


def _events(trace: Trace, phases: tuple[PhaseTruth, ...]) -> pd.DataFrame:
    """Return the events of ``phases`` with ``there``, ``direct``, ``others``: how many of each.

    ``others`` are the waiters that the write had not woken.
    """
    events = pd.concat([events_of(trace, phase) for phase in phases], ignore_index=True)
    pairs = zip(events["chained"], events["woken"], strict=True)
    return events.assign(
        there=events["asleep"].map(len),
        direct=events["woken"].map(len),
        others=[len(set(chained) - set(woken)) for chained, woken in pairs],
    )


def _counts(which: Message, events: pd.DataFrame) -> list[Evidence]:
    fewest = message("waiters asleep at events {which}, fewest", which=which)
    woken = message("waiters woken by events {which}", which=which)
    return [
        Evidence(message("events {which}", which=which), len(events), "events"),
        Evidence(fewest, int(events["there"].min()), "tasks"),
        Evidence(woken, int(events["direct"].sum()), "tasks"),
    ]


def _others(events: pd.DataFrame) -> str:
    return span(events["others"], "other waiter")


def _late_comers(trace: Trace, model: str) -> pd.Series[int]:
    """Return how often each wait of the herd slept again: another waiter had taken the event."""
    phases = phases_of(trace, model, trigger="level")
    calls = pd.concat([calls_of_waiters(trace, phase, "epoll_wait") for phase in phases])
    return (calls["sleep_calls"] - 1).clip(lower=0)


def _late_words(again: pd.Series[int]) -> Message:
    return message(
        "waiters of the herd came too late and slept again in the same call {again} times",
        again=int(again.sum()),
    )


def _events_of_poll(trace: Trace) -> pd.DataFrame | None:
    """Return the same for poll, where it was recorded and its callback is seen."""
    if not trace.manifest.attached(POLLWAKE):
        return None
    try:
        return _events(trace, phases_of(trace, "poll-herd"))
    except Undecided:
        return None


def _poll_beside(events: pd.DataFrame | None) -> list[Evidence]:
    return [] if events is None else _counts(message("on an fd in several calls of poll"), events)


def _poll_words(events: pd.DataFrame | None) -> list[Message]:
    if events is None:
        return []
    return [
        message(
            "{events} events on an fd in several calls of poll woke {woken} waiters",
            events=len(events),
            woken=int(events["direct"].sum()),
        )
    ]
