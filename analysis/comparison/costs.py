"""What an event and a request cost, in each recording of a side: time in the kernel, and calls.

All recorded calls of a phase are counted, whatever they were for: a loop that polls in vain pays
that for its events too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pandas as pd

from analysis.checks.trust import doubts_of_needs
from analysis.comparison.sides import Counted, Member, Side
from analysis.comparison.values import Measured
from analysis.metrics import spread
from analysis.trace.coverage import why_missing
from tracer.shared.message import message

EVENT: Final = ("kernel_ns_per_event", "calls_per_event")
REQUEST: Final = ("kernel_ns_per_request", "calls_per_request")
COSTS: Final = (*EVENT, *REQUEST)
TIMED: Final = (EVENT[0], REQUEST[0])
TIME: Final = "kernel_ns"
OFF_CPU: Final = "off_cpu_ns"

NONE_SERVED: Final = Measured(None)
"""No event was delivered, or no request read, so there is nothing to divide the cost by."""


def costs_of(side: Side, phase: int) -> Mapping[str, Measured]:
    """Return each of COSTS on ``side``, in ``phase``."""
    return {metric: _cost(side, phase, metric) for metric in COSTS}


def _cost(side: Side, phase: int, metric: str) -> Measured:
    timed = metric in TIMED
    if timed:
        for member in side.members:
            missing = why_missing(member.recording.manifest.plan, OFF_CPU)
            if missing:
                return Measured(None, side.named(member, missing))
    doubts = [*side.doubts, *(_untimed(side) if timed else ())]
    if metric in REQUEST:
        unknown = [
            side.named(each, text) for each in side.members if (text := _unknown(each, phase))
        ]
        if unknown and not any(_served(each.counted, phase, metric) for each in side.members):
            return Measured(None, unknown[0])
        doubts += unknown
    costs = [_cost_of(member.counted, phase, metric) for member in side.members]
    numbers = [each for each in costs if each is not None]
    if not numbers:
        return NONE_SERVED
    medians = tuple(numbers) if len(side.members) > 1 else ()
    found: pd.Series[Any] = pd.Series(numbers, dtype="float64")
    return Measured(spread(found), None, tuple(doubts), medians)


def _cost_of(counted: Counted, phase: int, metric: str) -> float | None:
    many = _served(counted, phase, metric)
    if not many:
        return None
    if metric in TIMED:
        spreads = counted.spreads.by_key.items()
        cost = sum(
            found.total for ((number, _), column), found in spreads
            if number == phase and column == TIME
        )  # fmt: skip
    else:
        totals = counted.totals.by_key.items()
        cost = sum(total.calls for (number, _), total in totals if number == phase)
    return cost / many


def _served(counted: Counted, phase: int, metric: str) -> int:
    found = counted.served.get(phase)
    if found is None:
        return 0
    return found.events if metric in EVENT else found.requests


def _unknown(member: Member, phase: int) -> str | None:
    """Return for how many reads of ``member`` it is not known whether they read a request."""
    found = member.counted.served.get(phase)
    if found is None or not found.unknown:
        return None
    return message(
        "{unknown:,} of {reads:,} reads with data were on fds that may or may not be sockets",
        unknown=found.unknown,
        reads=found.unknown + found.requests,
    )


def _untimed(side: Side) -> list[str]:
    """Return why times of single calls of ``side`` are not known."""
    return [
        side.named(member, doubt)
        for member in side.members
        for doubt in doubts_of_needs(member.recording, (OFF_CPU,))
    ]
