"""Kernels on which waiting and waking with epoll work differently."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis.trace.truth import PhaseTruth
from analysis.verdicts.engine import CORRECTED, REFUTED, SUPPORTED, Outcome
from tests.analysis.claims.edits import (
    KWORKER,
    MS,
    Kernels,
    also,
    calls,
    every_other,
    first_of_each,
    kernel,
    more_steps,
    of,
    reporting,
    step,
    steps,
    without,
)
from tracer.shared.records import StepKind

UNDECIDED = Outcome.UNDECIDED
ASLEEP = "while-asleep"
CALLBACKS = step(StepKind.CALLBACK, "ep_poll_callback", model="epoll")
CALLBACKS_ASLEEP = step(StepKind.CALLBACK, "ep_poll_callback", model="epoll", waker=ASLEEP)
WAKES = step(StepKind.CALLBACK, "ep_autoremove_wake_function", model="epoll")
POLLS = step(StepKind.FD_POLL, model="epoll", family="epoll_wait")
WAITS = of("epoll_wait", model="epoll")
SLEPT = also(WAITS, lambda rows: rows["sleep_calls"] > 0)
AWOKEN = of("epoll_wait", model="epoll", waker=ASLEEP)
BEFORE = of("epoll_wait", model="epoll", waker="before")
BY_KWORKER: dict[str, Any] = {
    "tid": KWORKER, "pid": KWORKER, "seq": 0, "ts_ns": lambda rows: rows["ts_ns"] + 100_000,
}  # fmt: skip
ALL_FDS = {"insertions": lambda rows: rows["n"], "removals": lambda rows: rows["n"]}


def nothing_asleep(phase: PhaseTruth) -> dict[str, Any]:
    """Make the waits that slept in a phase return nothing."""
    if phase.spec["waker"] != ASLEEP:
        return {}
    return {"ready": [[] for _ in phase.results["ready"]]}


def in_its_set(rows: pd.DataFrame) -> list[int]:
    """Return for the copies of each row the fds of its phase that are not active, in turn."""
    active = rows["active_fds"].map(lambda fds: fds[0])
    return [3 + 2 * place if 3 + 2 * place != fd else fd + 2 * count
            for place, fd, count in zip(rows["copy"], active, rows["n"], strict=True)]  # fmt: skip


COUNTER_KERNELS: Kernels = {
    "epoll-only-active": (
        kernel(
            "an event runs the callbacks of the whole set",
            REFUTED,
            more_steps(
                first_of_each(CALLBACKS, "phase"), copies=lambda rows: rows["n"], fd=in_its_set
            ),
        ),
        kernel(
            "an event runs the callback of the next fd as well",
            CORRECTED,
            more_steps(CALLBACKS_ASLEEP, fd=lambda rows: rows["fd"] + 2),
        ),
        kernel("no fd runs a callback: epoll_wait scans", REFUTED, without(CALLBACKS)),
        kernel("a callback is of the instance and of no fd", UNDECIDED, steps(CALLBACKS, fd=-1)),
    ),
    "callback-fills-list": (
        kernel(
            "there is no ready list: whoever is woken polls all fds",
            REFUTED,
            more_steps(first_of_each(POLLS, "tid", "seq"), copies=lambda rows: rows["n"]),
        ),
        kernel(
            "a timer on another CPU wakes the waiter",
            REFUTED,
            steps(WAKES, tid=0, pid=0, seq=0, cpu=9),
        ),
        kernel(
            "the waiter is woken before the fd is on the list, and returns nothing",
            REFUTED,
            reporting("epoll", nothing_asleep),
        ),
        kernel(
            "a kworker runs the callback when the waiter has returned",
            REFUTED,
            steps(CALLBACKS, **BY_KWORKER | {"ts_ns": lambda rows: rows["ts_ns"] + 15 * MS}),
        ),
        kernel(
            "every other event finds its fd by a scan",
            CORRECTED,
            without(every_other(CALLBACKS_ASLEEP)),
        ),
    ),
    "epoll-wait-checks-list": (
        kernel(
            "it goes over its list 20 times while it waits",
            SUPPORTED,
            calls(SLEPT, fd_polls=lambda rows: rows["fd_polls"] + 20),
        ),
        kernel(
            "it goes over its list 20 times while it waits, if it has a timeout",
            CORRECTED,
            calls(
                also(SLEPT, lambda rows: rows["timeout_ns"] > 0),
                fd_polls=lambda rows: rows["fd_polls"] + 20,
            ),
        ),
        kernel(
            "it never sleeps: it spins on its list",
            UNDECIDED,
            calls(WAITS, sleep_calls=0, sleeps=0, wakeups=0, notified=0),
        ),
    ),
    "epoll-kernel-pushes": (
        kernel("a kworker runs the callbacks later", REFUTED, steps(CALLBACKS, **BY_KWORKER)),
        kernel(
            "a kworker runs the callback where somebody sleeps",
            CORRECTED,
            steps(CALLBACKS_ASLEEP, **BY_KWORKER),
        ),
        kernel(
            "the waiter runs the callback, out of its sleep",
            CORRECTED,
            steps(CALLBACKS_ASLEEP, tid=lambda rows: rows["waiter"], seq=0),
        ),
        kernel("nothing runs: epoll_wait scans", UNDECIDED, without(CALLBACKS)),
    ),
    "entry-is-current": (
        kernel(
            "the entry is the task, and wakes it itself",
            SUPPORTED,
            without(WAKES),
            steps(CALLBACKS, hook_name="default_wake_function"),
        ),
        kernel(
            "the callback on the fd's entry wakes the task itself",
            CORRECTED,
            without(WAKES),
        ),
        kernel(
            "ADD queues no entry, and its instance is scanned",
            UNDECIDED,
            without(step(StepKind.INSERTION, model="epoll", family="epoll_ctl")),
            without(CALLBACKS),
        ),
    ),
    "epoll-own-queue": (
        kernel(
            "it queues its caller on the fds' queues as well",
            CORRECTED,
            calls(AWOKEN, **ALL_FDS),
        ),
        kernel(
            "it is woken by the fd's entry",
            REFUTED,
            without(WAKES),
            steps(CALLBACKS, hook_name="ep_autoremove_wake_function"),
        ),
        kernel(
            "it queues its caller on the fds' queues instead",
            REFUTED,
            calls(AWOKEN, **ALL_FDS),
            without(WAKES),
        ),
        kernel("a timer wakes it every other time", CORRECTED, without(every_other(WAKES))),
    ),
    "epoll-own-queue-once": (
        kernel("a timer wakes it, and no entry of its own", REFUTED, calls(AWOKEN, notified=0)),
        kernel(
            "it queues its caller and sleeps once, whatever is ready",
            SUPPORTED,
            calls(BEFORE, sleep_calls=1, sleeps=1, wakeups=1, notified=1),
        ),
        kernel(
            "it never sleeps: it spins on its list",
            UNDECIDED,
            calls(WAITS, sleep_calls=0, sleeps=0, wakeups=0, notified=0),
        ),
    ),
}

REAL: dict[str, Outcome] = {
    "entry-is-current": REFUTED,
    "epoll-only-active": SUPPORTED,
    "epoll-kernel-pushes": SUPPORTED,
    "callback-fills-list": SUPPORTED,
    "epoll-wait-checks-list": REFUTED,
    "epoll-own-queue": SUPPORTED,
    "epoll-own-queue-once": CORRECTED,
}
"""The verdict on each claim on the recorded kernel."""
