"""Kernels on which calls and events have other costs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from analysis.claims.cost.costs import NS_PER_INSTRUCTION
from analysis.frames import Trace
from analysis.verdicts.engine import CORRECTED, REFUTED, SUPPORTED, Outcome
from tests.analysis.claims.edits import Edit, Kernels, Where, also, calls, costing, kernel, of

MUX = ("select", "poll")
MUX_CALLS = of(*MUX, model=MUX)
EPOLL_WAITS = of("epoll_wait", model="epoll")
EPOLL_CTLS = of("epoll_ctl", model="epoll")
ANY_EPOLL_WAIT = of("epoll_wait", own=False, model=("epoll", "server"))
ANY_MUX = of(*MUX, own=False, model=(*MUX, "server"))


def instructions(cost: Callable[[pd.DataFrame], Any]) -> dict[str, Any]:
    """Return the columns of calls that take so many instructions."""
    return costing(lambda rows: (NS_PER_INSTRUCTION * cost(rows)).astype("int64"))


def per_fd(base: int, slope: float) -> dict[str, Any]:
    """Return the columns of calls that cost ``slope`` instructions more per fd."""
    return instructions(lambda rows: base + slope * rows["n"])


def times(factor: float) -> dict[str, Any]:
    """Return the columns of calls that cost ``factor`` times what they did."""
    return costing(lambda rows: (rows["kernel_ns"].astype("float64") * factor).astype("int64"))


def rearmed(how: str) -> Where:
    """Pick the epoll_ctls after an event: MODs of oneshot fds, or DELs and ADDs."""
    if how == "mod":
        return also(EPOLL_CTLS, lambda rows: rows["trigger"] == "oneshot")
    return also(EPOLL_CTLS, lambda rows: rows["rearm"] == how)


def small_machine_only(edit: Edit) -> Edit:
    """Return ``edit`` for the machine with less than 3 GiB of memory."""

    def changed(trace: Trace) -> Trace:
        return edit(trace) if (trace.manifest.machine.memory_kib or 0) < 3 << 20 else trace

    return changed


FREE = instructions(lambda rows: 0 * rows["n"])

COUNTER_KERNELS: Kernels = {
    "mux-degrades": (
        kernel("a bitmap of ready fds is looked up", REFUTED, calls(MUX_CALLS, **per_fd(5000, 0))),
        kernel(
            "a call costs the root of its fds",
            CORRECTED,
            calls(MUX_CALLS, **instructions(lambda rows: 4000 * rows["n"] ** 0.5)),
        ),
        kernel(
            "select alone looks up a bitmap",
            CORRECTED,
            calls(of("select", model="select"), **per_fd(5000, 0)),
        ),
        kernel(
            "a large machine looks up a bitmap, a small one scans",
            Outcome.UNDECIDED,
            small_machine_only(calls(MUX_CALLS, **per_fd(5000, 0))),
        ),
    ),
    "all-active-no-gain": (
        kernel("select and poll cost ten times as much", REFUTED, calls(MUX_CALLS, **times(10))),
        kernel(
            "poll costs ten times as much",
            CORRECTED,
            calls(of("poll", model="poll"), **times(10)),
        ),
        kernel(
            "a callback costs next to nothing in a large set",
            CORRECTED,
            calls(
                also(of("write", model="epoll"), lambda rows: rows["actives"] >= 200), **times(0.4)
            ),
        ),
    ),
    "ctl-churn-costs": (
        kernel(
            "an epoll_ctl costs nothing, and an event no more than without",
            REFUTED,
            calls(EPOLL_CTLS, **FREE),
            calls(
                also(
                    EPOLL_WAITS,
                    lambda rows: (rows["trigger"] == "oneshot") | (rows["rearm"] == "del-add"),
                ),
                **times(0.5),
            ),
        ),
        kernel(
            "an epoll_ctl is cheap",
            SUPPORTED,
            calls(rearmed("mod"), **times(0.1)),
            calls(rearmed("del-add"), **times(0.03)),
        ),
        kernel(
            "an epoll_ctl is cheap on a small machine",
            Outcome.UNDECIDED,
            small_machine_only(calls(rearmed("mod"), **times(0.1))),
            small_machine_only(calls(rearmed("del-add"), **times(0.03))),
        ),
    ),
    "idle-advantage": (
        kernel(
            "epoll_wait scans all fds",
            REFUTED,
            calls(ANY_EPOLL_WAIT, **per_fd(6000, 700)),
        ),
        kernel("select and poll scan nothing", REFUTED, calls(ANY_MUX, **per_fd(900, 0))),
        kernel(
            "epoll_wait scans the fds of a network",
            CORRECTED,
            calls(of("epoll_wait", own=False, model="server"), **per_fd(3000, 340)),
        ),
    ),
    "awake-scan": (
        kernel("epoll_wait scans all fds", REFUTED, calls(EPOLL_WAITS, **per_fd(463, 190))),
        kernel(
            "epoll_wait scans a bitmap of its fds",
            CORRECTED,
            calls(EPOLL_WAITS, **per_fd(463, 20)),
        ),
        kernel("select and poll look up a flag", REFUTED, calls(MUX_CALLS, **per_fd(900, 0))),
    ),
    "callback-saves-cpu": (
        kernel(
            "a callback wakes as much as a scan takes",
            REFUTED,
            calls(of("write", model="epoll"), **instructions(lambda rows: 400_000 + 0 * rows["n"])),
        ),
        kernel(
            "a callback takes half of what is saved",
            CORRECTED,
            calls(of("write", model="epoll"), **instructions(lambda rows: 80_000 + 0 * rows["n"])),
        ),
        kernel(
            "what poll costs is its copy of the array",
            CORRECTED,
            calls(of("poll", model="poll-ignored"), **per_fd(0, 160)),
        ),
    ),
}

REAL: dict[str, Outcome] = {
    "mux-degrades": SUPPORTED,
    "awake-scan": SUPPORTED,
    "callback-saves-cpu": SUPPORTED,
    "idle-advantage": SUPPORTED,
    "all-active-no-gain": SUPPORTED,
    "ctl-churn-costs": CORRECTED,
}
"""The verdict on each claim on the recorded kernel."""
