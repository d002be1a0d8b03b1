"""Claims on how epoll_wait sleeps and by whom it is woken."""

from __future__ import annotations

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
from analysis.claims.epoll_steps import CALL, CALLBACK, SLEEPER, callbacks, hung
from analysis.claims.pick import calls_of, counted, median, ms, phases_of, times
from analysis.experiments import EPOLL_LIFE
from analysis.frames import Trace
from analysis.truth import PhaseTruth
from tracer.records import StepKind

SLEEP: Final = "schedule_hrtimeout_range"


@claim(
    id="wait-naps",
    section="notes 3, defect 2",
    statement="epoll_wait sleeps a little and checks a little, in turns, until something is ready.",
    experiment=EPOLL_LIFE,
    needs=("steps", "sleep_calls:epoll_wait", "sleeps:epoll_wait", "wakeups:epoll_wait",
           "off_cpu_ns:epoll_wait", "truth"),
)  # fmt: skip
def wait_naps(trace: Trace) -> Verdict:
    """Sleeps and wakeups of each epoll_wait that had to wait, for one event or in vain."""
    phases = [phase for phase in phases_of(trace, "epoll") if len(phase.active) <= 1]
    waits = _had_to_wait(calls_of(trace, phases, "epoll_wait"))
    vain = waits[waits["ret"] == 0]
    if vain.empty:
        raise Undecided(f"none of {len(waits)} epoll_waits that waited ended by its timeout")
    idle = waits["off_cpu_ns"] * 2 >= waits["wall_ns"]
    napped = (waits[["sleep_calls", "sleeps", "wakeups"]] > 1).any(axis=1)
    once = (waits["sleep_calls"] == 1) & ~napped & idle
    sleeps = _sleeps(trace, waits)
    evidence = [
        Evidence("epoll_waits that had to wait", len(waits), "calls"),
        Evidence("of them with one sleep and at most one wakeup", int(once.sum()), "calls"),
        Evidence("of them with more", int(napped.sum()), "calls"),
        Evidence("of them ended by the timeout", len(vain), "calls"),
        Evidence("off the CPU until the timeout, median", median(vain["off_cpu_ns"]), "ns"),
        Evidence("the timeout, median", median(vain["timeout_ns"]), "ns"),
        Evidence(f"sleeps in {SLEEP}", len(sleeps), "sleeps"),
        Evidence("of them ended by the timer", int((sleeps["value"] == 0).sum()), "sleeps"),
    ]
    finding = (
        f"{counted(len(waits), 'epoll_wait')} that had to wait called {SLEEP} "
        f"{times(waits['sleep_calls'])} each, left the CPU {times(waits['sleeps'])} and were woken "
        f"{times(waits['wakeups'])}; {len(vain)} of them got no event and were off the CPU for "
        f"{ms(median(vain['off_cpu_ns']))} with a timeout of {ms(median(vain['timeout_ns']))} "
        f"(medians)"
    )
    if once.all():
        return refuted(finding, evidence)
    return supported(finding, evidence) if napped.all() else corrected(finding, evidence)


def _had_to_wait(waits: pd.DataFrame) -> pd.DataFrame:
    """Return the waits that slept, or that lasted half the time until their event or timeout."""
    due_ns = waits["delay_ns"].where(waits["timeout_ns"] < 0, waits["timeout_ns"])
    lasted = (waits["wall_ns"] * 2 >= due_ns) & (waits["waker"] != "before")
    return waits[(waits["sleeps"] > 0) | (waits["sleep_calls"] > 0) | lasted]


def _sleeps(trace: Trace, waits: pd.DataFrame) -> pd.DataFrame:
    """Return the steps of ``waits`` that are a sleep in that very function."""
    steps = trace.steps[trace.steps["kind"] == StepKind.SLEEP]
    return steps[steps["hook_name"] == SLEEP].merge(waits[CALL], on=CALL)


@claim(
    id="epoll-own-queue",
    section="notes 3, summary 2",
    statement="epoll_wait hangs its caller on the epoll instance's own queue, not on the fds'.",
    experiment=EPOLL_LIFE,
    needs=("steps", f"hook:{SLEEPER}", "insertions:epoll_wait", "insertions:epoll_ctl",
           "sleep_calls:epoll_wait", "truth"),
)  # fmt: skip
def epoll_own_queue(trace: Trace) -> Verdict:
    """Entries hung by epoll_wait, and the entry by which it is woken. Its own is hung unseen."""
    phases = phases_of(trace, "epoll", waker="while-asleep")
    waits = pd.concat([_with_wakes(trace, phase) for phase in phases], ignore_index=True)
    waits = waits[waits["sleep_calls"] > 0]
    if waits.empty:
        raise Undecided("no epoll_wait slept: there was nobody to hang")
    on_fds, own, by_fd = (waits[what] > 0 for what in ("insertions", "own_wakes", "fd_wakes"))
    hung_there = int(waits["insertions"].sum())
    evidence = [
        Evidence("epoll_waits that slept until an event", len(waits), "calls"),
        Evidence("entries they hung on the fds' queues", hung_there, "entries"),
        Evidence("of them woken by an entry of their own", int(own.sum()), "calls"),
        Evidence("of them woken by an entry of an ADD", int(by_fd.sum()), "calls"),
    ]  # fmt: skip
    finding = (
        f"{counted(len(waits), 'epoll_wait')} that slept hung {hung_there} "
        f"entries on the fds' queues; {int(own.sum())} were woken by {SLEEPER} on an entry of "
        f"their own, which no ADD had hung (that it was put on the instance's queue is inferred "
        f"from the function: the kernel does it inline, unseen)"
    )
    if own.all() and not on_fds.any():
        return supported(finding, evidence)
    return corrected(finding, evidence) if own.any() else refuted(finding, evidence)


def _with_wakes(trace: Trace, phase: PhaseTruth) -> pd.DataFrame:
    """Return the waits of ``phase`` with ``own_wakes`` and ``fd_wakes``: by whose entry woken."""
    waits = calls_of(trace, [phase], "epoll_wait")
    on_fds = hung(trace, phase, "epoll_ctl")["entry"]
    wakes = callbacks(trace, phase, SLEEPER)
    by_fd = wakes["entry"].isin(on_fds)
    return waits.assign(
        own_wakes=_in_each(wakes[~by_fd], waits), fd_wakes=_in_each(wakes[by_fd], waits)
    )


def _in_each(steps: pd.DataFrame, calls: pd.DataFrame) -> list[int]:
    spans = calls[["enter_ns", "exit_ns"]].itertuples(index=False)
    return [int(steps["ts_ns"].between(first, last).sum()) for first, last in spans]


@claim(
    id="epoll-own-queue-once",
    section="notes 3, summary 2",
    statement="It hangs it there once per epoll_wait, at the start of the call.",
    experiment=EPOLL_LIFE,
    needs=("steps", f"hook:{CALLBACK}", "hook:ep_ptable_queue_proc", "sleep_calls:epoll_wait",
           "notified:epoll_wait", "truth"),
)  # fmt: skip
def epoll_own_queue_once(trace: Trace) -> Verdict:
    """Sleeps per epoll_wait, and who meets an entry in one that does not sleep."""
    phases = phases_of(trace, "epoll")
    waits = pd.concat([_with_callbacks(trace, phase) for phase in phases], ignore_index=True)
    before = waits["waker"] == "before"
    if before.all() or not before.any():
        raise Undecided("needs epoll_waits that find something ready and some that do not")
    ready, slept = waits[before], waits[waits["sleep_calls"] > 0]
    awake = waits[waits["sleep_calls"] == 0]
    woken, met = slept[slept["ret"] > 0], awake[awake["called"] > 0]
    evidence = [
        Evidence("epoll_waits that found something ready", len(ready), "calls"),
        Evidence("of them slept", int((ready["sleep_calls"] > 0).sum()), "calls"),
        Evidence("epoll_waits that slept", len(slept), "calls"),
        Evidence("sleeps per call of those, median", median(slept["sleep_calls"]), "sleeps"),
        Evidence("of them woken by an event", len(woken), "calls"),
        Evidence("wakes by their own entry, median", median(woken["notified"]), "wakes per call"),
        Evidence("epoll_waits that did not sleep", len(awake), "calls"),
        Evidence("callbacks during those", int(awake["called"].sum()), "callbacks"),
        Evidence("of these met an entry of the waiter's", int(met["notified"].sum()), "callbacks"),
    ]
    finding = (
        f"{counted(len(ready), 'epoll_wait')} that found something ready slept "
        f"{times(ready['sleep_calls'])}; {len(slept)} slept {times(slept['sleep_calls'])} each, "
        f"and the {len(woken)} of them that got an event were woken {times(woken['notified'])} "
        f"each by an entry of their own; {counted(int(awake['called'].sum()), 'callback')} in "
        f"{counted(len(met), 'epoll_wait')} that did not sleep found such an entry "
        f"{counted(int(met['notified'].sum()), 'time')} (the kernel hangs it inline, unseen: it "
        f"is known by its wakes)"
    )
    if not (woken["notified"] > 0).any():
        return refuted(finding, evidence)
    always = awake.empty or (len(met) > 0 and (met["notified"] > 0).all())
    once = (slept["sleep_calls"] == 1).all() and always
    return supported(finding, evidence) if once else corrected(finding, evidence)


def _with_callbacks(trace: Trace, phase: PhaseTruth) -> pd.DataFrame:
    """Return the waits of ``phase`` with ``called``: callbacks of watched files meanwhile."""
    waits = calls_of(trace, [phase], "epoll_wait")
    return waits.assign(called=_in_each(callbacks(trace, phase, CALLBACK), waits))
