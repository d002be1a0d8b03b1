"""Kernels on which other numbers of fds can be watched or open."""

from __future__ import annotations

from errno import EINVAL, ENOSPC
from math import sqrt
from typing import Any

from analysis.trace.truth import PhaseTruth
from analysis.verdicts.engine import CORRECTED, REFUTED, SUPPORTED, Outcome
from tests.analysis.claims.edits import Kernels, also, calls, kernel, machine, of, reporting

SELECTS = of("select", model="select-raw")
ADDS = of("epoll_ctl", model="epoll-limits")
REFUSED = also(ADDS, lambda rows: rows["ret"] == -ENOSPC)
AT_MOST = 1024


def no_fd_returned(phase: PhaseTruth) -> dict[str, Any]:
    return {"ready": [[] for _ in phase.results["ready"]]}


def small_fds_returned(phase: PhaseTruth) -> dict[str, Any]:
    return {"ready": [[min(phase.fds)] for _ in phase.results["ready"]]}


def at_most(most: int, larger_only: bool = False) -> Any:
    """Return an edit by which epoll itself refuses to watch more than ``most`` fds."""

    def change(phase: PhaseTruth) -> dict[str, Any]:
        rows = phase.results["limits"]
        full = {"watched": most, "refused": "add", "errno_name": "ENOMEM"}
        kept = rows[:1] if larger_only else []
        return {"limits": [*kept, *({**row, **full} for row in rows[len(kept) :])]}

    return reporting("epoll-limits", change)


COUNTER_KERNELS: Kernels = {
    "select-fd-limit": (
        kernel(
            "select polls 1,024 fds and cuts off the others",
            SUPPORTED,
            calls(SELECTS, fd_polls=1024),
        ),
        kernel(
            "select goes over its first 1,024 fds three times",
            SUPPORTED,
            calls(SELECTS, fd_polls=3 * 1024, passes=3),
        ),
        kernel(
            "select refuses more than 1,024 fds",
            SUPPORTED,
            calls(SELECTS, fd_polls=0, passes=0, ret=-EINVAL),
            reporting("select-raw", no_fd_returned),
        ),
        kernel(
            "select returns no fd beyond its first",
            SUPPORTED,
            reporting("select-raw", small_fds_returned),
        ),
        kernel(
            "the library takes any fd",
            REFUTED,
            reporting("select-limit", lambda _: {"first_refused": None}),
        ),
    ),
    "epoll-no-limit": (
        kernel("max_user_watches is not looked at", SUPPORTED, calls(REFUSED, ret=0)),
        kernel("an instance watches 1,024 fds at most", REFUTED, at_most(AT_MOST)),
        kernel(
            "an instance watches 2,048 fds at most", REFUTED, at_most(2 * AT_MOST, larger_only=True)
        ),
    ),
    "file-max-per-gib": (
        kernel("the limit is the same for each machine", REFUTED, machine(file_max=100_000)),
        kernel(
            "the limit is a twentieth of the memory's KiB",
            CORRECTED,
            machine(file_max=lambda kib: kib // 20),
        ),
        kernel(
            "the limit grows with the root of the memory",
            REFUTED,
            machine(file_max=lambda kib: int(100 * sqrt(kib))),
        ),
        kernel("process 1 sets the limit", Outcome.UNDECIDED, machine(init="systemd")),
    ),
}

REAL: dict[str, Outcome] = {
    "select-fd-limit": CORRECTED,
    "epoll-no-limit": CORRECTED,
    "file-max-per-gib": SUPPORTED,
}
"""The verdict on each claim on the recorded kernel."""
