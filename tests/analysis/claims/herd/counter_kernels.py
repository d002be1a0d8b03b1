"""Kernels that wake other ones of several waiters."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis.verdicts.engine import CORRECTED, REFUTED, SUPPORTED, Outcome
from tests.analysis.claims.edits import (
    CALL,
    Edit,
    Kernels,
    Where,
    every_other,
    kernel,
    later_of_each,
    more_steps,
    step,
    steps,
    without,
)
from tracer.shared.records import StepKind

KINDS = (StepKind.CALLBACK, StepKind.WAKEUP)
EDGE: dict[str, Any] = {"model": "epoll-shared-herd", "trigger": "edge"}


def by_writes(kind: StepKind, **known: Any) -> Where:
    """Pick callbacks on or wakeups of waiters made by a write."""
    hook = "ep_autoremove_wake_function" if kind == StepKind.CALLBACK else "sched_waking"
    return step(kind, hook, own=False, family="write", **known)


def other_waiter(rows: pd.DataFrame) -> list[int]:
    """Return for each row another waiter than its owner, and a different one for each copy."""
    copies = rows["copy"] if "copy" in rows else [0] * len(rows)
    return [
        [tid for tid in there if tid != owner][copy % (len(there) - 1)]
        for owner, there, copy in zip(rows["owner_tid"], rows["waiters"], copies, strict=True)
    ]


def wakes_more(copies: int, **known: Any) -> tuple[Edit, ...]:
    """Let each wakeup by a write be followed by those of ``copies`` other waiters."""
    return tuple(
        more_steps(by_writes(kind, **known), copies=copies, owner_tid=other_waiter,
                   ts_ns=lambda rows: rows["ts_ns"] + 1)
        for kind in KINDS
    )  # fmt: skip


COUNTER_KERNELS: Kernels = {
    "exclusive-one": (
        kernel(
            "EPOLLEXCLUSIVE is not looked at",
            REFUTED,
            *wakes_more(2, model="epoll-herd", trigger="exclusive"),
        ),
        kernel(
            "an event wakes one waiter, flag or not",
            REFUTED,
            *(
                without(later_of_each(by_writes(kind, model="epoll-herd", trigger="level"), *CALL))
                for kind in KINDS
            ),
        ),
        kernel(
            "with EPOLLEXCLUSIVE nobody is woken",
            REFUTED,
            *(without(by_writes(kind, model="epoll-herd", trigger="exclusive")) for kind in KINDS),
        ),
        kernel(
            "with EPOLLEXCLUSIVE two are woken",
            CORRECTED,
            *wakes_more(1, model="epoll-herd", trigger="exclusive"),
        ),
    ),
    "shared-instance-one": (
        kernel(
            "a fd that was returned wakes nobody as it goes back on the list",
            SUPPORTED,
            *(
                without(step(kind, own=True, model="epoll-shared-herd", trigger="level"))
                for kind in KINDS
            ),
        ),
        kernel(
            "an event wakes all of the instance's waiters",
            REFUTED,
            *wakes_more(2, model="epoll-shared-herd"),
        ),
        kernel(
            "an event wakes nobody: waiters look by themselves",
            REFUTED,
            *(without(by_writes(kind, model="epoll-shared-herd")) for kind in KINDS),
        ),
    ),
    "lifo-wakeup": (
        kernel(
            "the waiter that slept longer is woken",
            REFUTED,
            *(steps(by_writes(kind, **EDGE), owner_tid=other_waiter) for kind in KINDS),
        ),
        kernel(
            "every other event wakes one that slept longer",
            CORRECTED,
            *(
                steps(every_other(by_writes(kind, **EDGE)), owner_tid=other_waiter)
                for kind in KINDS
            ),
        ),
        kernel(
            "an event wakes nobody: waiters look by themselves",
            Outcome.UNDECIDED,
            *(without(by_writes(kind, **EDGE)) for kind in KINDS),
        ),
    ),
}

REAL: dict[str, Outcome] = {
    "exclusive-one": SUPPORTED,
    "shared-instance-one": CORRECTED,
    "lifo-wakeup": SUPPORTED,
}
"""The verdict on each claim on the recorded kernel."""
