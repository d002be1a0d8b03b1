"""Kernels that treat callers differently on events that they do not watch."""

from __future__ import annotations

import pandas as pd

from analysis.verdicts.engine import CORRECTED, REFUTED, SUPPORTED, Outcome
from tests.analysis.claims.edits import (
    Kernels,
    Where,
    also,
    calls,
    kernel,
    of,
    step,
    without,
)
from tracer.shared.records import StepKind

UNDECIDED = Outcome.UNDECIDED
WAITS = of("epoll_wait", model="epoll")
SLEPT = also(WAITS, lambda rows: rows["sleep_calls"] > 0)
EACH_ROUND = 8
"""Callbacks of a round: seven spurious ones, and that of the event."""
READABLE = (1, 195)
"""Keys of an eventfd's and of a unix socket's event."""
IN_VAIN = also(SLEPT, lambda rows: rows["ret"] == 0)
OFTEN = {
    "sleep_calls": lambda rows: rows["sleep_calls"] + 19,
    "wakeups": lambda rows: rows["wakeups"] + 19,
}
MUX = of("select", "poll", model=("select-spurious", "poll-spurious"))
EPOLL = of("epoll_wait", model="epoll-spurious")
ONCE = {"sleep_calls": 1, "sleeps": 1, "wakeups": 1}
EACH_TIME = {"sleep_calls": 8, "sleeps": 8, "wakeups": 8}


def kind(where: Where, fd_kind: str) -> Where:
    """Pick those that wait for an fd of ``fd_kind``."""
    return also(where, lambda rows: rows["fd_kind"] == fd_kind)


def in_vain(hook: str, *models: str) -> Where:
    """Pick the callbacks that are not the last of their round: those for no watched event."""
    ran = step(StepKind.CALLBACK, hook, model=models)

    def chosen(rows: pd.DataFrame) -> pd.Series[bool]:
        mask = ran(rows) & rows["value"].isin(READABLE)
        return mask & (rows[mask].groupby("phase").cumcount() % EACH_ROUND != EACH_ROUND - 1)

    return chosen


COUNTER_KERNELS: Kernels = {
    "wait-spurious": (
        kernel("it sleeps a little 20 times", SUPPORTED, calls(SLEPT, **OFTEN)),
        kernel(
            "it sleeps a little 20 times where it has a timeout", CORRECTED, calls(IN_VAIN, **OFTEN)
        ),
        kernel(
            "it stays on the CPU while it waits",
            CORRECTED,
            calls(SLEPT, off_cpu_ns=0, sleeps=0),
        ),
        kernel(
            "it is woken 20 times in one sleep",
            SUPPORTED,
            calls(SLEPT, wakeups=lambda rows: rows["wakeups"] + 19),
        ),
    ),
    "mux-many-spurious": (
        kernel(
            "the keys of all kinds of files are told apart",
            REFUTED,
            calls(kind(MUX, "unix"), **ONCE),
        ),
        kernel(
            "no keys are told apart: each callback wakes",
            SUPPORTED,
            calls(kind(MUX, "eventfd"), **EACH_TIME),
        ),
        kernel(
            "what is not watched runs no callback",
            UNDECIDED,
            without(in_vain("pollwake", "select-spurious", "poll-spurious")),
        ),
    ),
    "epoll-many-spurious": (
        kernel(
            "the keys of all kinds of files are told apart",
            REFUTED,
            calls(kind(EPOLL, "unix"), **ONCE),
        ),
        kernel(
            "it goes back to sleep without having been woken",
            REFUTED,
            calls(kind(EPOLL, "unix"), wakeups=1),
        ),
        kernel(
            "what is not watched runs no callback",
            UNDECIDED,
            without(in_vain("ep_poll_callback", "epoll-spurious")),
        ),
    ),
}

REAL: dict[str, Outcome] = {
    "wait-spurious": REFUTED,
    "mux-many-spurious": CORRECTED,
    "epoll-many-spurious": SUPPORTED,
}
"""The verdict on each claim on the recorded kernel."""
