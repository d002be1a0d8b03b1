"""Checks a trace against what the workload says it did. Standard library only.

The recorder checks in the guest when a run ends, the analysis when it has read a trace: one rule
for both. It gets calls, not files: each has its own reader (``tracer.recording.spools``,
``analysis.trace.spools``). docs/design.md, "Truth".
"""

from __future__ import annotations

import bisect
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, Self

from tracer.shared.message import message
from tracer.shared.syscalls import FAMILIES, UNTALLIED

Totals = dict[tuple[int, int, str], tuple[int, int]]
"""Calls and the sum of their results, by phase number, tid of the waiter, and family."""


class Marks(NamedTuple):
    """The marks of phases in time order: where each begins (boot clock ns), and its number."""

    starts: tuple[int, ...]
    numbers: tuple[int, ...]

    @classmethod
    def of(cls, marks: Iterable[tuple[int, int]]) -> Self:
        """Return the marks given as (ns, number) in any order."""
        ordered = sorted(marks)
        return cls(tuple(ns for ns, _ in ordered), tuple(number for _, number in ordered))

    def phase_at(self, ns: int) -> int:
        """Return the phase's number at ``ns``; 0: none. A mark belongs to the phase it begins."""
        begun = bisect.bisect_right(self.starts, ns)
        return self.numbers[begun - 1] if begun else 0


class Returned(NamedTuple):
    """Calls of one family that one task began in one phase, and that returned.

    Several of the same phase, task and family add up: a call, a window of a trace, or all of it.
    """

    phase: int
    tid: int
    family: str
    calls: int
    ret_sum: int


def compare(truth: Mapping[str, Any], returned: Iterable[Returned]) -> list[str]:
    """Return each disagreement between ``truth`` and the calls that ``returned``, as a sentence.

    Compared are the count and ``ret_sum`` of each family in each phase, for calls of the phase's
    waiters (their tids). A family that the truth does not name must not have been called.
    """
    waiters = waiters_of(truth)
    stated = _stated(waiters)
    traced = _traced(each for each in returned if (each.phase, each.tid) in waiters)
    names = {phase["number"]: phase["name"] for phase in truth["phases"]}
    first = {(phase["number"], phase["tid"]) for phase in truth["phases"]}
    problems = []
    for key in sorted(stated.keys() | traced.keys()):
        number, tid, family = key
        if family in UNTALLIED and key not in stated:
            continue
        who = names[number]
        if (number, tid) not in first:
            who = message("{phase}, waiter {tid}", phase=who, tid=tid)
        problems += _differences(who, family, stated.get(key, (0, 0)), traced.get(key, (0, 0)))
    return problems


def waiters_of(truth: Mapping[str, Any]) -> dict[tuple[int, int], Mapping[str, Any]]:
    """Return each waiter's entry by phase number and tid: the phase's own, or one of several."""
    return {
        (phase["number"], waiter["tid"]): waiter
        for phase in truth["phases"]
        for waiter in (phase, *phase.get("waiters", ()))
    }


def _differences(
    name: str, family: str, stated: tuple[int, int], traced: tuple[int, int]
) -> list[str]:
    if stated == traced:
        return []
    sentences = (
        message(
            "phase {name}: the workload says {stated} calls of {family}, the trace has {traced}",
            name=name,
            family=family,
            stated=stated[0],
            traced=traced[0],
        ),
        message(
            "phase {name}: the workload says the results of {family} add up to {stated}, the trace "
            "has {traced}",
            name=name,
            family=family,
            stated=stated[1],
            traced=traced[1],
        ),
    )
    return [text for text, a, b in zip(sentences, stated, traced, strict=True) if a != b]


def _stated(waiters: Mapping[tuple[int, int], Mapping[str, Any]]) -> Totals:
    return {
        (*which, family): (total["count"], total["ret_sum"])
        for which, waiter in waiters.items()
        for family, total in waiter["calls"].items()
    }


def _traced(returned: Iterable[Returned]) -> Totals:
    counts: Counter[tuple[int, int, str]] = Counter()
    sums: Counter[tuple[int, int, str]] = Counter()
    for each in returned:
        if each.family in FAMILIES:
            key = (each.phase, each.tid, each.family)
            counts[key] += each.calls
            sums[key] += each.ret_sum
    return {key: (count, sums[key]) for key, count in counts.items()}
