"""Whether the times of two sides are comparable: the clock, and the cost of the probes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from analysis.comparison.sides import Side
from analysis.trace.manifest import Manifest
from tracer.shared.message import Message, joined, message

TRACEPOINTS: Final = frozenset(("raw_tp", "tp_btf", "tp"))
"""Attach points available on a kernel that refuses to trace functions."""


def times_refused(a: Side, b: Side) -> str | None:
    """Return why times of ``a`` and ``b`` cannot be compared; None if they can."""
    clocks = [_distinct([each.machine.clock for each in _manifests(side)]) for side in (a, b)]
    if _several(clocks):
        return message(
            "the clock of A is {a}, that of B is {b}: their times are not comparable",
            a=joined(", ", clocks[0]),
            b=joined(", ", clocks[1]),
        )
    made = [_distinct([_probes(each) for each in _manifests(side)]) for side in (a, b)]
    if _several(made):
        return message(
            "A was recorded with {a}, B with {b}, and times include the cost of the probes",
            a=joined("; ", made[0]),
            b=joined("; ", made[1]),
        )
    return None


def _manifests(side: Side) -> list[Manifest]:
    return [each.recording.manifest for each in side.members]


def _distinct(values: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(values))


def _several(sides: Sequence[Sequence[str]]) -> bool:
    """Return whether the recordings of both sides have more than one value."""
    return len({value for side in sides for value in side}) > 1


def _probes(manifest: Manifest) -> Message:
    kinds = {row.attached.partition(":")[0] for row in manifest.plan if row.attached}
    if kinds <= TRACEPOINTS:
        return message("--detail {detail} and tracepoints only", detail=manifest.detail)
    return message("--detail {detail} and probes of functions", detail=manifest.detail)
