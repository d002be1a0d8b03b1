"""Kernels on which signal-driven I/O, AIO and io_uring work differently."""

from __future__ import annotations

from typing import Any

from analysis.trace.truth import PhaseTruth
from analysis.verdicts.engine import CORRECTED, REFUTED, SUPPORTED, Outcome
from tests.analysis.claims.edits import (
    KWORKER,
    Kernels,
    calls,
    every_other,
    kernel,
    later_of_each,
    more_steps,
    of,
    reporting,
    step,
    steps,
    without,
)
from tracer.shared.records import StepKind

SIGNALS = step(StepKind.FUNCTION, "send_sigio", model="sigio")
AIO = step(StepKind.CALLBACK, "aio_poll_wake", model="aio-poll")
AIO_GONE = step(StepKind.REMOVAL, "aio_poll_wake_done", model="aio-poll")
ONESHOT = step(StepKind.CALLBACK, "io_poll_wake", model="io-uring", shot="oneshot")
ONESHOT_GONE = step(StepKind.REMOVAL, "io_poll_wake_done", model="io-uring", shot="oneshot")
ONESHOT_QUEUED = step(StepKind.INSERTION, "add_wait_queue", model="io-uring", shot="oneshot")
MULTISHOT = step(StepKind.CALLBACK, "io_poll_wake", model="io-uring", shot="multishot")
AS_KWORKER: dict[str, Any] = {
    "tid": KWORKER, "pid": KWORKER, "seq": 0, "ts_ns": lambda rows: rows["ts_ns"] + 1000,
}  # fmt: skip


def multishot(**results: Any) -> Any:
    """Return an edit that gives multishot polls other ``results``."""

    def change(phase: PhaseTruth) -> dict[str, Any]:
        return results if phase.spec["shot"] == "multishot" else {}

    return reporting("io-uring", change)


def found_after_a_call(every: int) -> Any:
    """Return an edit by which one of ``every`` completions was read without a call."""

    def change(phase: PhaseTruth) -> dict[str, Any]:
        both = phase.results["seen_unasked"] + phase.results["seen_after_wait"]
        unasked = both // every if phase.spec["waker"] == "before" else 0
        return {"seen_unasked": unasked, "seen_after_wait": both - unasked}

    return reporting("io-uring", change)


def private(phase: PhaseTruth) -> dict[str, Any]:
    return {
        "ring_mappings": [row.replace("rw-s", "rw-p") for row in phase.results["ring_mappings"]]
    }


COUNTER_KERNELS: Kernels = {
    "sigio-no-entry": (
        kernel(
            "fcntl queues an entry for its caller",
            REFUTED,
            calls(of("fcntl", model="sigio"), insertions=1),
        ),
        kernel(
            "an event signals the next fd as well",
            CORRECTED,
            more_steps(SIGNALS, fd=lambda rows: rows["fd"] - 8),
        ),
        kernel(
            "a signal is sent for every other event",
            CORRECTED,
            without(every_other(SIGNALS)),
        ),
        kernel("signals come from a timer that polls the fds", Outcome.UNDECIDED, without(SIGNALS)),
    ),
    "aio-poll-entry": (
        kernel("io_getevents polls, and no callback runs", REFUTED, without(AIO)),
        kernel(
            "a kworker runs the callbacks later",
            REFUTED,
            steps(AIO, **AS_KWORKER),
            steps(AIO_GONE, **AS_KWORKER),
        ),
        kernel(
            "the waiter's own call runs the callbacks",
            REFUTED,
            steps(AIO, tid=lambda rows: rows["waiter"], seq=0),
            steps(AIO_GONE, tid=lambda rows: rows["waiter"], seq=0),
        ),
        kernel(
            "io_getevents queues entries again",
            CORRECTED,
            calls(of("io_getevents", model="aio-poll"), insertions=7),
        ),
        kernel("the callback leaves its entry on the queue", CORRECTED, without(AIO_GONE)),
    ),
    "uring-poll-oneshot": (
        kernel(
            "the entry stays, and no later event runs its callback",
            CORRECTED,
            without(ONESHOT_GONE),
        ),
        kernel(
            "the entry stays, and each event runs its callback",
            REFUTED,
            without(ONESHOT_GONE),
            more_steps(ONESHOT, ts_ns=lambda rows: rows["ts_ns"] + 1),
        ),
        kernel("io_uring_enter polls, and no callback runs", REFUTED, without(ONESHOT)),
        kernel(
            "each poll queues one entry to read and one to write",
            CORRECTED,
            more_steps(ONESHOT_QUEUED, entry=lambda rows: rows["entry"] + 64),
        ),
    ),
    "uring-poll-multishot": (
        kernel(
            "each event removes the entry",
            CORRECTED,
            more_steps(
                MULTISHOT,
                kind=StepKind.REMOVAL,
                hook_name="io_poll_wake_done",
                ts_ns=lambda rows: rows["ts_ns"] + 1,
            ),
        ),
        kernel(
            "an entry runs its callback once",
            REFUTED,
            without(later_of_each(MULTISHOT, "phase", "entry")),
        ),
        kernel("a completion is the last of its poll", CORRECTED, multishot(with_more=0)),
        kernel(
            "the program has to arm the poll for each event",
            CORRECTED,
            multishot(polls_added=24),
        ),
        kernel("some events give no completion", CORRECTED, multishot(completions=11)),
    ),
    "uring-rings-mapped": (
        kernel(
            "the rings cannot be mapped",
            REFUTED,
            reporting("io-uring", lambda _: {"mmap_errno": 19}),
        ),
        kernel("the mapping is private, a copy", REFUTED, reporting("io-uring", private)),
        kernel("a completion is there after a call only", REFUTED, found_after_a_call(1 << 20)),
        kernel("every other completion needs a call", CORRECTED, found_after_a_call(2)),
    ),
}

REAL: dict[str, Outcome] = {
    "sigio-no-entry": SUPPORTED,
    "aio-poll-entry": SUPPORTED,
    "uring-poll-oneshot": SUPPORTED,
    "uring-poll-multishot": SUPPORTED,
    "uring-rings-mapped": SUPPORTED,
}
"""The verdict on each claim on the recorded kernel."""
