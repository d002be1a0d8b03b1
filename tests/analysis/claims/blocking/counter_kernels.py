"""Kernels on which blocking and non-blocking requests work differently."""

from __future__ import annotations

from errno import EAGAIN

from analysis.verdicts.engine import CORRECTED, REFUTED, SUPPORTED, Outcome
from tests.analysis.claims.edits import (
    MS,
    Kernels,
    also,
    calls,
    every_other,
    fewer_calls,
    kernel,
    more_calls,
    of,
)

BLOCKING = of("read", model="blocking")
NONBLOCKING = of("read", model="nonblocking")
EMPTY = also(NONBLOCKING, lambda rows: rows["ret"] == -EAGAIN)
PIPES = of("read", model="nonblocking", fd_kind="pipe")
EMPTY_PIPES = also(PIPES, lambda rows: rows["ret"] == -EAGAIN)
GOT = also(NONBLOCKING, lambda rows: rows["ret"] > 0)
GOT_LATER = also(GOT, lambda rows: rows["waker"] == "while-asleep")
AT_ONCE = {
    "ret": -EAGAIN,
    "exit_ns": lambda rows: rows["enter_ns"] + 1000,
    "off_cpu_ns": 0,
    "sleeps": 0,
}
SLEPT_20_MS = {
    "exit_ns": lambda rows: rows["exit_ns"] + 20 * MS,
    "off_cpu_ns": lambda rows: rows["off_cpu_ns"] + 20 * MS,
    "sleeps": 1,
}

COUNTER_KERNELS: Kernels = {
    "blocking-waits": (
        kernel("a read of an empty fd returns at once", REFUTED, calls(BLOCKING, **AT_ONCE)),
        kernel(
            "a read of an empty pipe returns at once",
            CORRECTED,
            calls(of("read", model="blocking", fd_kind="pipe"), **AT_ONCE),
        ),
        kernel(
            "a read spins on its CPU until there is data",
            REFUTED,
            calls(BLOCKING, off_cpu_ns=0, sleeps=0),
        ),
        kernel(
            "every other read is sent away first, before there is data",
            CORRECTED,
            more_calls(every_other(BLOCKING), **AT_ONCE),
        ),
        kernel(
            "a read ends before the data was written",
            REFUTED,
            calls(BLOCKING, exit_ns=lambda rows: rows["exit_ns"] - 21 * MS),
        ),
    ),
    "nonblocking-returns": (
        kernel("a read of an empty fd sleeps 20 ms", REFUTED, calls(EMPTY, **SLEPT_20_MS)),
        kernel(
            "a read of an empty fd waits for data and gives up in vain",
            REFUTED,
            calls(EMPTY, **SLEPT_20_MS, insertions=1, removals=1),
        ),
        kernel(
            "a read of an empty fd spins for 20 ms",
            REFUTED,
            calls(EMPTY, exit_ns=lambda rows: rows["exit_ns"] + 20 * MS),
        ),
        kernel(
            "every other read of an empty fd waits for data",
            CORRECTED,
            calls(every_other(EMPTY), **SLEPT_20_MS, insertions=1, removals=1),
        ),
        kernel(
            "a read of an empty pipe sleeps 20 ms", CORRECTED, calls(EMPTY_PIPES, **SLEPT_20_MS)
        ),
    ),
    "nonblocking-repolls": (
        kernel("the first request has the data", REFUTED, fewer_calls(EMPTY)),
        kernel("the first request to a pipe has the data", CORRECTED, fewer_calls(EMPTY_PIPES)),
        kernel(
            "the request that gets the data waited for it",
            REFUTED,
            calls(GOT, **SLEPT_20_MS, insertions=1, removals=1),
        ),
    ),
    "nonblocking-background": (
        kernel(
            "a write waits until somebody reads",
            REFUTED,
            calls(
                of("write", own=False, model="nonblocking", waker="while-asleep"),
                exit_ns=lambda rows: rows["exit_ns"] + 1000 * MS,
            ),
        ),
        kernel(
            "the data gets ready only while a read waits for it",
            REFUTED,
            calls(GOT_LATER, sleeps=1, insertions=1, removals=1),
        ),
        kernel(
            "the first request only starts the transfer, and comes back without data",
            REFUTED,
            more_calls(
                GOT_LATER,
                ret=-EAGAIN,
                enter_ns=lambda rows: rows["enter_ns"] - 2000,
                exit_ns=lambda rows: rows["enter_ns"] - 1000,
            ),
        ),
        kernel(
            "a read must be under way before a pipe takes data",
            CORRECTED,
            calls(
                also(GOT_LATER, lambda rows: rows["fd_kind"] == "pipe"),
                enter_ns=lambda rows: rows["enter_ns"] - 20 * MS,
            ),
        ),
    ),
}

REAL: dict[str, Outcome] = {
    "blocking-waits": SUPPORTED,
    "nonblocking-returns": SUPPORTED,
    "nonblocking-background": SUPPORTED,
    "nonblocking-repolls": SUPPORTED,
}
"""The verdict on each claim on the recorded kernel."""
