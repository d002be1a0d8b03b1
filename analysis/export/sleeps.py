"""Sleeps: a thread leaves the CPU within a call, is woken, and is on the CPU again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from analysis.export.values import Places, numbered
from tracer.shared.records import StepKind

Ints = npt.NDArray[Any]

NO_CALLBACK: Final = -1


@dataclass(frozen=True, eq=False)
class Sleeps:
    """Times off the CPU, in order of their ends, and what ended them, as places in the steps.

    ``switch_out`` and ``switch_in`` are the switches of each sleep. ``wakeup`` has the wakeups in
    between, sleep by sleep, in order; ``of`` has the sleep of each. ``callback`` has for each
    wakeup the callback on one of the sleeper's entries that ran just before in the waker's call,
    or NO_CALLBACK.
    """

    switch_out: Places
    switch_in: Places
    wakeup: Places
    callback: Places
    of: Places


def sleeps(kind: Ints, tid: Ints, owner: Ints, seq: Ints, cpu: Ints) -> Sleeps:
    """Return the sleeps that have both ends among steps, given as columns in order of time.

    A switch whose other end is missing, because the recording stopped or a step was lost, is no
    sleep. A wakeup of a thread that has not left the CPU ends none.
    """
    switches = np.flatnonzero((kind == StepKind.SWITCH_OUT) | (kind == StepKind.SWITCH_IN))
    wakeups = np.flatnonzero(kind == StepKind.WAKEUP)
    threads = numbered(np.concatenate([tid[switches], owner[wakeups]]))
    of_switch, of_wakeup = threads[: len(switches)], threads[len(switches) :]
    by_thread = np.argsort(of_switch, kind="stable")
    switches, of_switch = switches[by_thread], of_switch[by_thread]
    out, back = switches[:-1], switches[1:]
    slept = (of_switch[:-1] == of_switch[1:]) & (seq[out] == seq[back])
    slept &= (kind[out] == StepKind.SWITCH_OUT) & (kind[back] == StepKind.SWITCH_IN)
    # Which sleep each switch begins, in order of the sleeps' ends.
    begins = np.full(len(switches), -1)
    order = np.argsort(back[slept])
    begins[np.flatnonzero(slept)[order]] = np.arange(len(order))
    # The last switch of the sleeper before each wakeup.
    steps = len(kind)
    before = np.searchsorted(of_switch * steps + switches, of_wakeup * steps + wakeups) - 1
    of = np.append(begins, -1)[before]  # -1: none before either
    of[(before < 0) | (np.append(of_switch, -1)[before] != of_wakeup)] = -1
    by_sleep = np.argsort(of, kind="stable")[np.count_nonzero(of < 0) :]
    wakeups = wakeups[by_sleep]
    callbacks = _callbacks(wakeups, kind, numbered(tid, cpu), owner, seq)
    return Sleeps(out[slept][order], back[slept][order], wakeups, callbacks, of[by_sleep])


def _callbacks(wakeups: Places, kind: Ints, where: Places, owner: Ints, seq: Ints) -> Places:
    """Return the step just before each of ``wakeups`` on its thread and CPU if it led to it."""
    order = np.argsort(where, kind="stable")
    before = np.full(len(kind), NO_CALLBACK)
    same = where[order[1:]] == where[order[:-1]]
    before[order[1:][same]] = order[:-1][same]
    last = before[wakeups]
    led = (last >= 0) & (kind[last] == StepKind.CALLBACK) & (seq[last] > 0)
    led &= (owner[last] == owner[wakeups]) & (seq[last] == seq[wakeups])
    return np.where(led, last, NO_CALLBACK)
