"""Kernels on which registering an fd with epoll works differently."""

from __future__ import annotations

from typing import Any

from analysis.trace.truth import PhaseTruth
from analysis.verdicts.engine import CORRECTED, REFUTED, SUPPORTED, Outcome
from tests.analysis.claims.edits import (
    KWORKER,
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
from tracer.shared.syscalls import EPOLL_CTL_ADD

UNDECIDED = Outcome.UNDECIDED
CALLBACKS = step(StepKind.CALLBACK, "ep_poll_callback", model="epoll")
WAITS = of("epoll_wait", model="epoll")
SLEPT = also(WAITS, lambda rows: rows["sleep_calls"] > 0)
ADDS = also(of("epoll_ctl", model="epoll"), lambda rows: rows["op"] == EPOLL_CTL_ADD)
SET = {"bytes_in": lambda rows: 12 * rows["n"]}


def memory(early: int = 0, **results: Any) -> Any:
    """Return an edit that changes the mapped memory found; ``early``: before a wait."""

    def change(phase: PhaseTruth) -> dict[str, Any]:
        rows = [{**row, "changed_before_wait": early} for row in phase.results["rounds"]]
        return {**results, "rounds": rows}

    return reporting("epoll-memory", change)


MAPPED: dict[str, Any] = {
    "mmap_errno": 0,
    "mmap_errno_name": None,
    "eventpoll_mappings": ["7f00 rw-s anon_inode:[eventpoll]"],
}

COUNTER_KERNELS: Kernels = {
    "epoll-ctl-event-driven": (
        kernel(
            "an entry goes with its first event",
            REFUTED,
            more_steps(CALLBACKS, kind=StepKind.REMOVAL, hook_name="remove_wait_queue", seq=0),
        ),
        kernel("epoll_wait finds events without callbacks", REFUTED, without(CALLBACKS)),
        kernel(
            "a kworker runs the callbacks a second after the events were returned",
            REFUTED,
            steps(
                CALLBACKS,
                tid=KWORKER,
                seq=0,
                ts_ns=lambda rows: rows.groupby("phase")["ts_ns"].transform("max"),
            ),
        ),
        kernel(
            "fds of large sets are scanned, and have no callback",
            CORRECTED,
            without(also(CALLBACKS, lambda rows: rows["n"] > 100)),
        ),
        kernel("every other event has no callback", REFUTED, without(every_other(CALLBACKS))),
    ),
    "queue-once-at-ctl": (
        kernel(
            "each epoll_wait queues an entry on every fd",
            REFUTED,
            calls(WAITS, insertions=lambda rows: rows["n"], removals=lambda rows: rows["n"]),
        ),
        kernel(
            "ADD only notes the fd, and the first epoll_wait queues the entries",
            REFUTED,
            calls(ADDS, insertions=0),
            calls(first_of_each(WAITS, "phase"), insertions=lambda rows: rows["n"]),
        ),
        kernel(
            "an epoll_wait that sleeps queues the entries again",
            CORRECTED,
            calls(SLEPT, insertions=lambda rows: rows["n"], removals=lambda rows: rows["n"]),
        ),
        kernel(
            "ADD queues one entry to read and one to write", CORRECTED, calls(ADDS, insertions=2)
        ),
    ),
    "ctl-copies-once": (
        kernel("each ADD copies the whole set", SUPPORTED, calls(ADDS, **SET)),
        kernel("each epoll_wait copies the set again", REFUTED, calls(WAITS, **SET)),
        kernel(
            "ADD copies nothing, and each epoll_wait the set",
            REFUTED,
            calls(ADDS, bytes_in=0),
            calls(WAITS, **SET),
        ),
        kernel(
            "the set is in memory that the kernel reads in place",
            UNDECIDED,
            calls(of("epoll_ctl", model="epoll"), bytes_in=0),
        ),
    ),
    "wait-copies-nothing-in": (
        kernel("each epoll_wait copies the set", REFUTED, calls(WAITS, **SET)),
        kernel("an epoll_wait that sleeps copies the set", CORRECTED, calls(SLEPT, **SET)),
        kernel("each epoll_wait copies a signal mask", CORRECTED, calls(WAITS, bytes_in=8)),
        kernel(
            "nothing is copied, whatever is called",
            UNDECIDED,
            calls(of("epoll_ctl", model="epoll"), bytes_in=0),
        ),
    ),
    "epoll-mmap": (
        kernel("events stand in mapped memory", SUPPORTED, memory(early=1, **MAPPED)),
        kernel("there is a mapping, and no event in it", CORRECTED, memory(**MAPPED)),
        kernel("events are in the program's buffer before it asks", CORRECTED, memory(early=1)),
        kernel(
            "a buffer that may not be written is written all the same",
            CORRECTED,
            memory(efault_errno=0, efault_errno_name=None),
        ),
    ),
}

REAL: dict[str, Outcome] = {
    "epoll-ctl-event-driven": SUPPORTED,
    "queue-once-at-ctl": SUPPORTED,
    "ctl-copies-once": CORRECTED,
    "wait-copies-nothing-in": SUPPORTED,
    "epoll-mmap": REFUTED,
}
"""The verdict on each claim on the recorded kernel."""
