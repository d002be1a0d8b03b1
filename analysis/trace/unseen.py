"""What no hook saw of individual calls: which numbers are missing, and why.

Without a hook, a column is missing (analysis.trace.coverage). Beyond that, a call may say, in the
field ``unseen`` of its record, that something happened in it that no program saw.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from analysis.trace.coverage import MEASURED, Plan, why_missing
from tracer.shared.message import message, message_n
from tracer.shared.records import Unseen

COSTS: Final[Mapping[Unseen, tuple[str, ...]]] = {
    Unseen.SWITCH_IN: ("off_cpu_ns",),
    Unseen.SWITCH_OUT: ("off_cpu_ns", "sleeps", "preemptions"),
    Unseen.WAKEUP: ("wakeups",),
    Unseen.FD_POLL: ("fd_polls", "passes"),
    Unseen.PASSES: ("passes",),
    Unseen.ENTRIES: ("insertions", "removals", "notified"),
    Unseen.BEGINNING: MEASURED,
}
"""The columns that a call lacks, by what was not seen in it."""

WHY: Final[Mapping[Unseen, str]] = {
    Unseen.SWITCH_IN: message("it left the CPU, and no program saw it come back"),
    Unseen.SWITCH_OUT: message("it came back to the CPU, and no program saw it leave"),
    Unseen.WAKEUP: message("it slept, and no program saw it woken"),
    Unseen.FD_POLL: message("it polled a file of a kind whose poll function has no hook"),
    Unseen.PASSES: message("what it polled changed meanwhile, so its passes cannot be told apart"),
    Unseen.ENTRIES: message("a page fault during the call may have queued entries of its own"),
    Unseen.BEGINNING: message("it was under way when tracer attached"),
}


def missing(unseen: npt.NDArray[Any]) -> dict[str, npt.NDArray[np.bool_]]:
    """Return by column the calls that lack it; ``unseen`` has the field of each call."""
    lacking: dict[str, npt.NDArray[np.bool_]] = {}
    for kind, columns in COSTS.items():
        rows = (unseen & int(kind)) != 0
        for column in columns:
            lacking[column] = lacking[column] | rows if column in lacking else rows
    return lacking


Calls = Mapping[tuple[int, str], Mapping[Unseen, int]]
"""How many calls of a phase and family have something unseen, by what."""


def sentences(calls: Calls, plan: Plan) -> list[str]:
    """Return a sentence per kind of thing that was not seen in some of ``calls``."""
    return [text for kind in _kinds(plan, calls) for text in _sentence(kind, calls.values())]


def doubts(calls: Calls, plan: Plan, needs: Sequence[str]) -> list[str]:
    """Return why a claim that needs ``needs`` (analysis.checks.trust) cannot trust ``calls``.

    If there are phases, only calls within one count: claims use no others.
    """
    phases = any(phase > 0 for phase, _ in calls)
    inside = {key: counts for key, counts in calls.items() if key[0] > 0 or not phases}
    return [
        message("missing: {what}", what=text)
        for kind in _kinds(plan, inside)
        for text in _sentence(
            kind, [counts for key, counts in inside.items() if _needed(key[1], kind, needs)]
        )
    ]


def _kinds(plan: Plan, calls: Calls) -> list[Unseen]:
    """Return the kinds in ``calls`` that cost a column.

    A column without its hooks is missing anyway.
    """
    there = {kind for counts in calls.values() for kind in counts}
    return [
        kind
        for kind, columns in COSTS.items()
        if kind in there and any(why_missing(plan, column) is None for column in columns)
    ]


def _needed(family: str, kind: Unseen, needs: Sequence[str]) -> bool:
    """Return whether a column that ``kind`` costs is needed for ``family``."""
    pairs = [need.partition(":") for need in needs]
    return any(column in COSTS[kind] and only in ("", family) for column, _, only in pairs)


def _sentence(kind: Unseen, groups: Iterable[Mapping[Unseen, int]]) -> list[str]:
    count = sum(counts.get(kind, 0) for counts in groups)
    if not count:
        return []
    return [
        message_n(
            "{columns} of {count:,} call: {why}",
            "{columns} of {count:,} calls: {why}",
            count=count,
            columns=", ".join(COSTS[kind]),
            why=WHY[kind],
        )
    ]
