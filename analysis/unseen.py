"""What of single calls no hook saw: numbers that are missing of some calls, and why.

A hook that is not attached costs a column (analysis.coverage). Beyond that a call may say of
itself, in the field ``unseen`` of its record, that something happened in it which no program saw.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.coverage import MEASURED
from tracer.shared.records import Unseen
from tracer.shared.say import say, say_n

COSTS: Final[Mapping[Unseen, tuple[str, ...]]] = {
    Unseen.SWITCH_IN: ("off_cpu_ns",),
    Unseen.SWITCH_OUT: ("off_cpu_ns", "sleeps", "preemptions"),
    Unseen.WAKEUP: ("wakeups",),
    Unseen.BEGINNING: MEASURED,
}
"""The columns that are missing of a call, by what was not seen in it."""

WHY: Final[Mapping[Unseen, str]] = {
    Unseen.SWITCH_IN: say("it left the CPU, and no program saw it come back"),
    Unseen.SWITCH_OUT: say("it came back to the CPU, and no program saw it leave"),
    Unseen.WAKEUP: say("it slept, and no program saw it woken"),
    Unseen.BEGINNING: say("it was under way when tracer attached"),
}


def missing(unseen: npt.NDArray[Any]) -> dict[str, npt.NDArray[np.bool_]]:
    """Return by column the calls that lack it; ``unseen`` has the field of each call."""
    lacking: dict[str, npt.NDArray[np.bool_]] = {}
    for kind, columns in COSTS.items():
        rows = (unseen & int(kind)) != 0
        for column in columns:
            lacking[column] = lacking[column] | rows if column in lacking else rows
    return lacking


def told(calls: pd.DataFrame) -> list[str]:
    """Return a sentence for each kind of thing that was not seen in some of ``calls``."""
    return [
        say_n(
            "{columns} of {count:,} call: {why}",
            "{columns} of {count:,} calls: {why}",
            count=count,
            columns=", ".join(COSTS[kind]),
            why=WHY[kind],
        )
        for kind, count in _counts(calls)
    ]


def doubts(calls: pd.DataFrame, needs: Sequence[str]) -> list[str]:
    """Return why a claim that needs ``needs`` (analysis.trust) cannot trust ``calls``.

    Only calls within a phase count, where there are phases: a claim looks at no others.
    """
    inside = calls[calls["phase"] > 0] if (calls["phase"] > 0).any() else calls
    return [
        say("missing: {what}", what=line)
        for kind in COSTS
        for line in told(inside[_needed(inside, kind, needs)])
    ]


def _needed(calls: pd.DataFrame, kind: Unseen, needs: Sequence[str]) -> pd.Series[bool]:
    """Return which calls lack a column of ``needs`` for want of ``kind``, and nothing else."""
    wanted = pd.Series(data=False, index=calls.index)
    for need in needs:
        column, _, family = need.partition(":")
        if column in COSTS[kind] or (column == "kernel_ns" and "off_cpu_ns" in COSTS[kind]):
            wanted |= (calls["family"] == family) | (not family)
    return wanted & ((calls["unseen"] & int(kind)) != 0)


def _counts(calls: pd.DataFrame) -> Iterator[tuple[Unseen, int]]:
    for kind in COSTS:
        if count := int(((calls["unseen"] & int(kind)) != 0).sum()):
            yield kind, count
