"""Claims on who runs epoll's callback, and on what is queued on the fd. They need steps."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from analysis.checks.undecided import Undecided
from analysis.frames import Trace
from analysis.trace.truth import PhaseTruth
from analysis.verdicts.engine import Evidence, Verdict, corrected, refuted, supported
from analysis.verdicts.pick import calls_of, counted, every, phases_of, some
from analysis.verdicts.steps import (
    CALL,
    CALLBACK,
    callbacks,
    inside,
    of_phase,
    queued,
    spurious_of,
    working_callbacks,
)
from tracer.shared.message import Message, joined, message
from tracer.shared.records import StepKind


def epoll_kernel_pushes(trace: Trace) -> Verdict:
    """Who runs a callback, and where the waiter is: asleep in epoll_wait, outside, awake in it."""
    ran = pd.concat([places_of(trace, each) for each in phases_of(trace, "epoll")])
    if ran.empty:
        raise Undecided("no callback ran between the ADDs and the last wait")
    asleep, elsewhere, pulled, writes = (int(ran[column].sum()) for column in ran.columns)
    awake = len(ran) - asleep - elsewhere - pulled
    evidence = [
        Evidence("callbacks", len(ran), "callbacks"),
        Evidence("of them by another task, waiter asleep in epoll_wait", asleep, "callbacks"),
        Evidence("of them with the waiter in no epoll_wait", elsewhere, "callbacks"),
        Evidence("of them by another task, waiter awake in epoll_wait", awake, "callbacks"),
        Evidence("of them by the waiter's own epoll_wait", pulled, "callbacks"),
        Evidence("of them inside a write", writes, "callbacks"),
    ]
    where = message(
        "of {callbacks} {asleep} ran in another task while the waiter slept in epoll_wait, "
        "{elsewhere} while it was in no epoll_wait, {awake} in another task while it was awake in "
        "one and {pulled} by its own epoll_wait",
        callbacks=counted(len(ran), "callback"),
        asleep=asleep,
        elsewhere=elsewhere,
        awake=awake,
        pulled=pulled,
    )
    by_writes = message("{writes} ran inside the write that brought the data", writes=writes)
    finding = joined("; ", [where, by_writes])
    pushed = ran["in_write"] & ~ran["pulled"]
    if every(pushed):
        return supported(finding, evidence)
    return corrected(finding, evidence) if some(pushed) else refuted(finding, evidence)


def places_of(trace: Trace, phase: PhaseTruth) -> pd.DataFrame:
    """Return a row per callback: ``asleep``, ``elsewhere``, ``pulled``, ``in_write``."""
    steps = working_callbacks(trace, phase)
    waits = calls_of(trace, [phase], "epoll_wait")[["enter_ns", "exit_ns"]]
    spurious = spurious_of(trace, phase, "epoll_wait")
    writes = trace.calls.loc[trace.calls["family"] == "write", CALL]
    known = pd.MultiIndex.from_frame(writes)
    by_other, waiting = steps["tid"] != phase.tid, inside(steps["ts_ns"], waits)
    return pd.DataFrame(
        {
            "asleep": inside(steps["ts_ns"], spurious) & by_other,
            "elsewhere": ~waiting,
            "pulled": waiting & ~by_other,
            "in_write": pd.MultiIndex.from_frame(steps[CALL]).isin(known),
        }
    )


def entry_is_current(trace: Trace) -> Verdict:
    """Which callback runs on an entry queued by an ADD, and which entry wakes the sleeper."""
    phases = phases_of(trace, "epoll")
    entries = sum(len(queued(trace, each, "epoll_ctl")) for each in phases)
    ran = pd.concat([places_of(trace, each) for each in phases])
    wakes = wakes_of(trace, phases_of(trace, "epoll", waker="while-asleep"))
    alone = int(ran["elsewhere"].sum())
    direct, other = int(wakes["direct"].sum()), int((~wakes["direct"] & wakes["by_entry"]).sum())
    by_poll = _wakes_of_poll(trace)
    evidence = [
        Evidence("entries queued by EPOLL_CTL_ADD", entries, "entries"),
        Evidence(message("runs of {callback} on them", callback=CALLBACK), len(ran), "callbacks"),
        Evidence("of them with the waiter in no epoll_wait", alone, "callbacks"),
        Evidence("wakeups of the task asleep in epoll_wait", len(wakes), "wakeups"),
        Evidence("of them by an entry on an fd's queue", direct, "wakeups"),
        Evidence("of them by another entry", other, "wakeups"),
        *_mux_beside(by_poll),
    ]
    on_entries = message(
        "{entries} that ADDs queued ran {callback} {ran} times, {alone} of them with the "
        "waiter in no epoll_wait",
        entries=counted(entries, "entry", "entries"),
        callback=CALLBACK,
        ran=len(ran),
        alone=alone,
    )
    of_wakes = message(
        "of {wakes} of the sleeping task {direct} came by an fd's entry and {other} by another",
        wakes=counted(len(wakes), "wakeup"),
        direct=direct,
        other=other,
    )
    finding = joined("; ", [on_entries, of_wakes, *_against(by_poll)])
    if not entries:
        raise Undecided("no ADD queued an entry: nothing shows what it would be")
    if ran.empty and not direct:
        raise Undecided("nothing was seen to run on the entries that the ADDs queued")
    if not direct:
        return refuted(finding, evidence)
    return supported(finding, evidence) if ran.empty else corrected(finding, evidence)


def wakes_of(
    trace: Trace, phases: Sequence[PhaseTruth], family: str = "epoll_wait"
) -> pd.DataFrame:
    """Return a row per wakeup from a sleep in ``family``.

    ``by_entry``: a callback on one of the waiter's entries ran just before it, in the same call of
    the same task; ``direct``: that entry queued on an fd's queue.
    """
    parts = [_wakes_of_phase(trace, phase, family) for phase in phases]
    columns = {"direct": pd.Series(dtype=bool), "by_entry": pd.Series(dtype=bool)}
    return pd.concat([pd.DataFrame(columns), *parts], ignore_index=True).astype(bool)


def _wakes_of_phase(trace: Trace, phase: PhaseTruth, family: str) -> pd.DataFrame:
    wakes = of_phase(trace, phase, StepKind.WAKEUP)
    calls = calls_of(trace, [phase], family)[["enter_ns", "exit_ns"]]
    ours = wakes[(wakes["owner_tid"] == phase.tid) & inside(wakes["ts_ns"], calls)]
    on_fds = queued(trace, phase, "epoll_ctl" if family == "epoll_wait" else family)["entry"]
    before = callbacks(trace, phase)[["ts_ns", *CALL, "entry"]].assign(found=1)
    joined = pd.merge_asof(ours[["ts_ns", *CALL]], before, on="ts_ns", by=CALL)
    by_entry = joined["found"].notna()
    return pd.DataFrame({"direct": by_entry & joined["entry"].isin(on_fds), "by_entry": by_entry})


def _wakes_of_poll(trace: Trace) -> pd.DataFrame | None:
    """Return the same for poll, where it was recorded and its callback is seen."""
    try:
        return wakes_of(trace, phases_of(trace, "poll", waker="while-asleep"), "poll")
    except Undecided:
        return None


def _mux_beside(wakes: pd.DataFrame | None) -> list[Evidence]:
    if wakes is None:
        return []
    return [
        Evidence("wakeups of the task asleep in poll", len(wakes), "wakeups"),
        Evidence("of poll's by an entry on an fd's queue", int(wakes["direct"].sum()), "wakeups"),
    ]


def _against(wakes: pd.DataFrame | None) -> list[Message]:
    """Return how poll was woken, if that was seen."""
    if wakes is None:
        return []
    direct = int(wakes["direct"].sum())
    return [
        message(
            "poll was woken by an fd's entry in {direct} of {wakes}",
            direct=direct,
            wakes=len(wakes),
        )
    ]
