"""Claims on an epoll instance's own wait queue: who is queued there, and when."""

from __future__ import annotations

import pandas as pd

from analysis.checks.undecided import Undecided
from analysis.frames import Trace
from analysis.trace.instances import states_of, was_queued
from analysis.trace.truth import PhaseTruth
from analysis.verdicts.engine import Evidence, Verdict, corrected, refuted, supported
from analysis.verdicts.pick import calls_of, counted, every, median, phases_of, some, times
from analysis.verdicts.steps import CALL, CALLBACK, SLEEPER, callbacks, queued
from tracer.shared.message import Message, joined, message


def epoll_own_queue(trace: Trace) -> Verdict:
    """Entries queued by epoll_wait, the one that wakes it, and who was on its own queue."""
    phases = phases_of(trace, "epoll", waker="while-asleep")
    waits = pd.concat([with_wakes(trace, phase) for phase in phases], ignore_index=True)
    waits = waits[waits["sleep_calls"] > 0]
    if waits.empty:
        raise Undecided("no epoll_wait slept: there was nobody to queue")
    on_fds, own, by_fd = (waits[what] > 0 for what in ("insertions", "own_wakes", "fd_wakes"))
    on_queue = _read(waits)
    queued_there = int(waits["insertions"].sum())
    evidence = [
        Evidence("epoll_waits that slept until an event", len(waits), "calls"),
        Evidence("entries they queued on the fds' queues", queued_there, "entries"),
        Evidence("of them woken by an entry of their own", int(own.sum()), "calls"),
        Evidence("of them woken by an entry of an ADD", int(by_fd.sum()), "calls"),
        *_seen_on_queue(
            on_queue, message("of them seen on the instance's own queue while they slept")
        ),
    ]  # fmt: skip
    on_queues = message(
        "{waits} that slept queued {entries} entries on the fds' queues",
        waits=counted(len(waits), "epoll_wait"),
        entries=queued_there,
    )
    own_entry = message(
        "{own} were woken by {sleeper} on an entry of their own, which no ADD had queued",
        own=int(own.sum()),
        sleeper=SLEEPER,
    )
    finding = joined("; ", [on_queues, own_entry, _queue_words(on_queue)])
    whole = every(own) and not some(on_fds) and (on_queue.empty or every(on_queue))
    if whole:
        return supported(finding, evidence)
    return corrected(finding, evidence) if some(own) else refuted(finding, evidence)


def _read(waits: pd.DataFrame) -> pd.Series[bool]:
    """Return ``queued`` of ``waits``, nothing where no instance was read in any of them."""
    return waits["queued"] if waits["queued"].notna().any() else waits["queued"].head(0)


def _queue_words(on_queue: pd.Series[bool]) -> Message:
    """Return on whose queue that entry was: seen, or inferred where the instance was not read."""
    if on_queue.empty:
        return message(
            "that it was put on the instance's queue is inferred from the function: the kernel "
            "does it inline, unseen"
        )
    return message(
        "{seen} of {waits} were seen on the instance's own queue while they slept",
        seen=int(on_queue.sum()),
        waits=len(on_queue),
    )


def _seen_on_queue(on_queue: pd.Series[bool], what: Message) -> list[Evidence]:
    """Return the evidence read from the instance; none where nothing was read."""
    return [] if on_queue.empty else [Evidence(what, int(on_queue.sum()), "calls")]


def with_wakes(trace: Trace, phase: PhaseTruth) -> pd.DataFrame:
    """Return the waits of ``phase`` with ``own_wakes`` and ``fd_wakes``: whose entry woke them.

    And ``queued``: it was seen on the instance's own queue; NA: nothing was read.
    """
    waits = calls_of(trace, [phase], "epoll_wait")
    on_fds = queued(trace, phase, "epoll_ctl")["entry"]
    wakes = callbacks(trace, phase, SLEEPER)
    by_fd = wakes["entry"].isin(on_fds)
    return waits.assign(
        own_wakes=_in_each(wakes[~by_fd], waits),
        fd_wakes=_in_each(wakes[by_fd], waits),
        queued=queued_in(trace, waits),
    )


def queued_in(trace: Trace, waits: pd.DataFrame) -> pd.Series[bool]:
    """Return for each of ``waits`` whether its task was on an instance's own queue meanwhile.

    NA where no instance was read in the call.
    """
    read = dict(tuple(states_of(trace.steps).groupby(CALL)))
    none = trace.steps.head(0)
    calls = waits[CALL].itertuples(index=False)
    seen = [was_queued(read.get((tid, seq), none), tid) for tid, seq in calls]
    return pd.Series(seen, index=waits.index, dtype="boolean")


def _in_each(steps: pd.DataFrame, calls: pd.DataFrame) -> list[int]:
    spans = calls[["enter_ns", "exit_ns"]].itertuples(index=False)
    return [int(steps["ts_ns"].between(first, last).sum()) for first, last in spans]


def epoll_own_queue_once(trace: Trace) -> Verdict:
    """Sleeps per epoll_wait, and which callbacks find an entry in one that does not sleep."""
    phases = phases_of(trace, "epoll")
    waits = pd.concat([with_callbacks(trace, phase) for phase in phases], ignore_index=True)
    before = waits["waker"] == "before"
    if every(before) or not some(before):
        raise Undecided("needs epoll_waits that find something ready and some that do not")
    ready, slept = waits[before], waits[waits["sleep_calls"] > 0]
    awake = waits[waits["sleep_calls"] == 0]
    on_queue, never = _read(slept), _read(awake)
    woken, called_awake = slept[slept["ret"] > 0], awake[awake["called"] > 0]
    evidence = [
        Evidence("epoll_waits that found something ready", len(ready), "calls"),
        Evidence("of them slept", int((ready["sleep_calls"] > 0).sum()), "calls"),
        Evidence("epoll_waits that slept", len(slept), "calls"),
        Evidence("sleeps per call of those, median", median(slept["sleep_calls"]), "sleeps"),
        Evidence("of them woken by an event", len(woken), "calls"),
        Evidence(
            "wakeups by their own entry, median", median(woken["notified"]), "wakeups per call"
        ),
        Evidence("callbacks during epoll_waits", int(waits["called"].sum()), "callbacks"),
        Evidence("of them found such an entry", int(waits["notified"].sum()), "callbacks"),
        Evidence("epoll_waits that did not sleep", len(awake), "calls"),
        Evidence("callbacks during those", int(called_awake["called"].sum()), "callbacks"),
        Evidence("of those found such an entry", int(called_awake["notified"].sum()), "callbacks"),
        *_seen_on_queue(on_queue, message("of those that slept, seen on the instance's own queue")),
        *_seen_on_queue(never, message("of those that did not sleep, seen on it")),
    ]
    at_once = message(
        "{waits} that found something ready slept {times}",
        waits=counted(len(ready), "epoll_wait"),
        times=times(ready["sleep_calls"]),
    )
    by_own = message(
        "{slept} slept {times} each, and the {woken} of them that got an event were woken "
        "{notified} each by an entry of their own ({known})",
        slept=len(slept),
        times=times(slept["sleep_calls"]),
        woken=len(woken),
        notified=times(woken["notified"]),
        known=_known_by(on_queue),
    )
    finding = joined("; ", [at_once, by_own, _callbacks_found(waits, called_awake, never)])
    if not some(woken["notified"] > 0):
        return refuted(finding, evidence)
    always = awake.empty or (len(called_awake) > 0 and every(called_awake["notified"] > 0))
    always = always and (never.empty or every(never))
    if every(slept["sleep_calls"] == 1) and always:
        return supported(finding, evidence)
    per_sleep = every(woken["notified"] > 0) and (
        called_awake.empty or not some(called_awake["notified"] > 0)
    )
    per_sleep = per_sleep and (never.empty or not some(never))
    not_once = message(
        "epoll_wait does not always queue its caller on the epoll instance's own queue just once."
    )
    return corrected(finding, evidence, "" if per_sleep else not_once)


def _known_by(on_queue: pd.Series[bool]) -> Message:
    """Return how their entries are known; ``on_queue``: whether each was seen on the queue."""
    if on_queue.empty:
        return message("queued inline, unseen: it is known by its wakeups")
    return message(
        "{seen} of {waits} were seen on the instance's own queue while they slept",
        seen=int(on_queue.sum()),
        waits=len(on_queue),
    )


def _callbacks_found(
    waits: pd.DataFrame, called_awake: pd.DataFrame, never: pd.Series[bool]
) -> Message:
    """Return how many callbacks during epoll_waits found an entry.

    Args:
        waits: all of them.
        called_awake: those without sleep during which callbacks ran.
        never: whether each of those without sleep was seen on the queue.
    """
    called, found = counted(int(waits["called"].sum()), "callback"), int(waits["notified"].sum())
    if len(never):
        return message(
            "of {callbacks} during epoll_waits {found} found one, and {seen} of the {awake} that "
            "did not sleep were seen on that queue when they began, polled or returned",
            callbacks=called,
            found=found,
            seen=int(never.sum()),
            awake=len(never),
        )
    if called_awake.empty:
        return message(
            "of {callbacks} during epoll_waits {found} found one, and none came during one "
            "that did not sleep: that it queues none is inferred",
            callbacks=called,
            found=found,
        )
    return message(
        "of {callbacks} during epoll_waits {found} found one, {awake_found} of the {awake} during "
        "those that did not sleep",
        callbacks=called,
        found=found,
        awake_found=int(called_awake["notified"].sum()),
        awake=int(called_awake["called"].sum()),
    )


def with_callbacks(trace: Trace, phase: PhaseTruth) -> pd.DataFrame:
    """Return the waits of ``phase`` with ``called``: callbacks of watched files meanwhile.

    And ``queued``: see ``queued_in``.
    """
    waits = calls_of(trace, [phase], "epoll_wait")
    called = _in_each(callbacks(trace, phase, CALLBACK), waits)
    return waits.assign(called=called, queued=queued_in(trace, waits))
