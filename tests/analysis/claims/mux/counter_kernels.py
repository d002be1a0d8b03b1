"""Kernels on which select and poll work differently."""

from __future__ import annotations

from analysis.verdicts.engine import CORRECTED, REFUTED, SUPPORTED, Outcome
from tests.analysis.claims.edits import (
    Kernels,
    also,
    calls,
    every_other,
    kernel,
    more_calls,
    of,
    step,
    without,
)
from tracer.shared.records import TIMEOUT_INFINITE, StepKind

MUX = of("select", "poll", model=("select", "poll"))
SLEPT = also(MUX, lambda rows: rows["sleep_calls"] > 0)
UNTIL_AN_EVENT = of("select", "poll", model=("select", "poll"), waker="while-asleep")
BEFORE = of("select", "poll", model=("select", "poll"), waker="before")
COPIED = also(
    of("select", "poll", model=("select", "select-raw", "poll")),
    lambda rows: rows["timeout_ns"] == TIMEOUT_INFINITE,
)
LATER_CALLS = also(COPIED, lambda rows: rows.duplicated(["phase", "family"]))
TWENTY_ROUNDS = {
    "passes": lambda rows: rows["passes"] + 20,
    "fd_polls": lambda rows: rows["fd_polls"] + 20 * rows["n"],
}

COUNTER_KERNELS: Kernels = {
    "mux-one-call": (
        kernel(
            "it queues the caller on the first fd alone",
            REFUTED,
            calls(UNTIL_AN_EVENT, insertions=1, removals=1),
        ),
        kernel(
            "it sleeps for each fd in turn",
            CORRECTED,
            calls(UNTIL_AN_EVENT, sleep_calls=lambda rows: rows["n"]),
        ),
        kernel(
            "it does not sleep, and spins until one is ready",
            REFUTED,
            calls(UNTIL_AN_EVENT, sleep_calls=0, sleeps=0, off_cpu_ns=0),
        ),
        kernel(
            "only the first fd ends the call, others wait for its timeout",
            CORRECTED,
            calls(also(UNTIL_AN_EVENT, lambda rows: rows["position"] == "last"), ret=0),
        ),
        kernel(
            "it comes back with nothing once before it has the event",
            CORRECTED,
            more_calls(UNTIL_AN_EVENT, ret=0),
        ),
    ),
    "mux-continuous-scan": (
        kernel("it goes round 20 times more", SUPPORTED, calls(SLEPT, **TWENTY_ROUNDS)),
        kernel(
            "a timer wakes it 20 times, and each time it goes round",
            SUPPORTED,
            calls(SLEPT, **TWENTY_ROUNDS, sleep_calls=lambda rows: rows["sleep_calls"] + 20),
        ),
        kernel(
            "it goes round 20 times more where there is no timeout",
            CORRECTED,
            calls(also(SLEPT, lambda rows: rows["timeout_ns"] < 0), **TWENTY_ROUNDS),
        ),
        kernel(
            "it stays on the CPU while it waits",
            CORRECTED,
            calls(SLEPT, off_cpu_ns=0, sleeps=0),
        ),
    ),
    "mux-linear-scan": (
        kernel(
            "it polls no fd",
            REFUTED,
            without(step(StepKind.FD_POLL, model=("select", "poll"))),
            calls(MUX, passes=0, fd_polls=0),
        ),
        kernel(
            "it goes no further than the first fd that is ready",
            CORRECTED,
            calls(BEFORE, fd_polls=lambda rows: rows["first_ready"]),
        ),
        kernel("it polls what was called back alone", REFUTED, calls(BEFORE, fd_polls=1)),
        kernel(
            "poll leaves every other fd out",
            CORRECTED,
            calls(
                also(BEFORE, lambda rows: rows["family"] == "poll"),
                fd_polls=lambda rows: rows["n"] // 2,
            ),
        ),
        kernel(
            "every other call ends without polling any fd",
            CORRECTED,
            calls(every_other(BEFORE), passes=0, fd_polls=0),
        ),
    ),
    "mux-queues-each-call": (
        kernel(
            "it queues an entry for each fd, whatever is ready",
            SUPPORTED,
            calls(MUX, insertions=lambda rows: rows["n"], removals=lambda rows: rows["n"]),
        ),
        kernel("it queues nothing", REFUTED, calls(MUX, insertions=0, removals=0)),
        kernel("one entry stands for the whole set", REFUTED, calls(MUX, insertions=1, removals=1)),
        kernel(
            "it queues for the half of the fds that it takes for the busier one",
            REFUTED,
            calls(MUX, insertions=lambda rows: rows["n"] // 2),
        ),
    ),
    "mux-copies-each-call": (
        kernel(
            "select copies whole sets, however small the table of fds",
            SUPPORTED,
            calls(
                also(COPIED, lambda rows: rows["model"] == "select-raw"),
                bytes_in=lambda rows: 3 * -(-rows["nr"] // 64) * 8,
            ),
        ),
        kernel("it reads the program's memory in place", REFUTED, calls(COPIED, bytes_in=0)),
        kernel("it keeps the set after the first call", REFUTED, calls(LATER_CALLS, bytes_in=0)),
        kernel("it copies a number that stands for the set", REFUTED, calls(COPIED, bytes_in=4)),
        kernel(
            "poll keeps the set after the first call",
            REFUTED,
            calls(also(LATER_CALLS, lambda rows: rows["family"] == "poll"), bytes_in=0),
        ),
    ),
}

REAL: dict[str, Outcome] = {
    "mux-one-call": SUPPORTED,
    "mux-continuous-scan": REFUTED,
    "mux-linear-scan": SUPPORTED,
    "mux-queues-each-call": CORRECTED,
    "mux-copies-each-call": CORRECTED,
}
"""The verdict on each claim on the recorded kernel."""
