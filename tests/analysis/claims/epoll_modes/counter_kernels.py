"""Kernels on which epoll's flags and nested instances work differently."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis.trace.truth import PhaseTruth
from analysis.verdicts.engine import CORRECTED, REFUTED, SUPPORTED, Outcome
from tests.analysis.claims.edits import (
    CALL,
    KWORKER,
    Kernels,
    also,
    every_other,
    first_of_each,
    kernel,
    more_steps,
    reporting,
    step,
    steps,
    without,
)
from tracer.shared.records import StepKind

NOT_READABLE = also(
    step(StepKind.FD_POLL, model="epoll", trigger="level", family="epoll_wait"),
    lambda rows: rows["value"] & 1 == 0,
)
EDGE_SLEEPS = first_of_each(
    step(StepKind.SWITCH_OUT, model="epoll", trigger="edge", family="epoll_wait", value=0), *CALL
)
UNREAD_SLEEPS = also(EDGE_SLEEPS, lambda rows: rows["drain"] == 0)
POLLED_BEFORE: dict[str, Any] = {
    "kind": StepKind.FD_POLL,
    "hook_name": "sock_poll",
    "fd": lambda rows: rows["active_fds"].map(lambda fds: fds[0]),
    "ts_ns": lambda rows: rows["ts_ns"] - 1,
}
ONESHOT = step(StepKind.CALLBACK, "ep_poll_callback", model="epoll-oneshot")
NESTED = step(StepKind.CALLBACK, "ep_poll_callback", model="epoll-nested")
INNER = also(NESTED, lambda rows: ~rows["active"])
NESTED_WAKES = step(StepKind.CALLBACK, "ep_autoremove_wake_function", model="epoll-nested")


def silent(rows: pd.DataFrame) -> pd.Series[bool]:
    """Pick the oneshot fd's callbacks that woke nobody."""
    wakes = rows[rows["hook_name"] == "ep_autoremove_wake_function"][CALL]
    in_wakes = pd.MultiIndex.from_frame(rows[CALL]).isin(pd.MultiIndex.from_frame(wakes))
    return ONESHOT(rows) & ~in_wakes


def returned(change: Any) -> Any:
    """Return a function that gives each wait of a phase other fds: ``change`` of them."""
    return lambda phase: {"ready": [change(fds, phase) for fds in phase.results["ready"]]}


def without_oneshot(fds: list[int], phase: PhaseTruth) -> list[int]:
    return [fd for fd in fds if fd != phase.results["oneshot"]]


def with_oneshot(fds: list[int], phase: PhaseTruth) -> list[int]:
    return sorted({*fds, phase.results["oneshot"]})


def outer_has_it(fds: list[int], phase: PhaseTruth) -> list[int]:
    return list(phase.active) if fds == [phase.results["inner"]] else fds


def rearms_seldom(phase: PhaseTruth) -> dict[str, Any]:
    """Make every third wait return no oneshot fd: those that come after a MOD."""
    ready = phase.results["ready"]
    kept = [without_oneshot(fds, phase) if number else fds for number, fds in enumerate(ready)]
    return {"ready": kept}


COUNTER_KERNELS: Kernels = {
    "et-no-repoll": (
        kernel(
            "an edge-triggered fd goes back on the list",
            REFUTED,
            more_steps(EDGE_SLEEPS, **POLLED_BEFORE),
        ),
        kernel(
            "an edge-triggered fd with data left goes back on the list",
            CORRECTED,
            more_steps(UNREAD_SLEEPS, **POLLED_BEFORE),
        ),
        kernel("a level-triggered fd goes off the list", REFUTED, without(NOT_READABLE)),
        kernel("a level-triggered fd is polled twice", CORRECTED, more_steps(NOT_READABLE)),
    ),
    "oneshot-silent": (
        kernel(
            "a oneshot fd wakes whoever waits, each time",
            REFUTED,
            more_steps(silent, hook_name="ep_autoremove_wake_function"),
        ),
        kernel("the entry goes with the event", CORRECTED, without(silent)),
        kernel("MOD does not re-arm the fd", CORRECTED, reporting("epoll-oneshot", rearms_seldom)),
        kernel(
            "the fd is returned without a MOD, whoever woke the waiter",
            REFUTED,
            reporting("epoll-oneshot", returned(with_oneshot)),
        ),
    ),
    "nested-callback": (
        kernel("the outer instance polls the inner one in turns", REFUTED, without(INNER)),
        kernel(
            "a kworker runs the inner instance's callback",
            REFUTED,
            steps(INNER, tid=KWORKER, pid=KWORKER, seq=0),
        ),
        kernel(
            "the outer epoll_wait returns the fd itself",
            REFUTED,
            reporting("epoll-nested", returned(outer_has_it)),
        ),
        kernel(
            "a timer wakes the waiter every other time",
            CORRECTED,
            without(every_other(NESTED_WAKES)),
        ),
    ),
}

REAL: dict[str, Outcome] = {
    "et-no-repoll": SUPPORTED,
    "oneshot-silent": SUPPORTED,
    "nested-callback": SUPPORTED,
}
"""The verdict on each claim on the recorded kernel."""
