"""Holds a trace against what the workload says it did. Standard library only.

The recorder calls it in the guest when a run ends, the analysis calls it when it reads a
trace: one rule for both. docs/design.md, "Truth".
"""

from __future__ import annotations

import bisect
import pathlib
from collections import Counter
from collections.abc import Container, Iterator, Mapping
from typing import Any, Final

from tracer.shared.records import CALL_CELL, CALL_FIELDS, STEP_CELL, STEP_FIELDS, StepKind
from tracer.shared.say import say
from tracer.shared.syscalls import BY_NUMBER

Source = bytes | bytearray | memoryview | pathlib.Path
"""The cells of ``calls.bin`` or ``steps.bin``, or the file they are in."""

Totals = dict[tuple[int, int, str], tuple[int, int]]
"""Calls and sum of their results, by number of the phase, tid of the waiter, and family."""

_CALL: Final = {name: index for index, (name, _) in enumerate(CALL_FIELDS)}
_STEP: Final = {name: index for index, (name, _) in enumerate(STEP_FIELDS)}


def compare(truth: Mapping[str, Any], calls: Source, steps: Source) -> list[str]:
    """Return each disagreement between ``truth`` and the records, as a sentence.

    Compared are the count and ``ret_sum`` of each family in each phase, for calls of the
    phase's waiters (their tids) that began between the phase's mark and the next and returned.
    A family that the truth does not name was not called. A half-written last record is
    left out.
    """
    said = _said(truth)
    seen = _seen(waiters_of(truth), calls, phase_marks(steps))
    names = {phase["number"]: phase["name"] for phase in truth["phases"]}
    first = {(phase["number"], phase["tid"]) for phase in truth["phases"]}
    problems = []
    for key in sorted(said.keys() | seen.keys()):
        number, tid, family = key
        who = names[number]
        if (number, tid) not in first:
            who = say("{phase}, waiter {tid}", phase=who, tid=tid)
        problems += _differences(who, family, said.get(key, (0, 0)), seen.get(key, (0, 0)))
    return problems


def waiters_of(truth: Mapping[str, Any]) -> dict[tuple[int, int], Mapping[str, Any]]:
    """Return by number of the phase and tid what each waiter says: the phase, or one of more."""
    return {
        (phase["number"], waiter["tid"]): waiter
        for phase in truth["phases"]
        for waiter in (phase, *phase.get("waiters", ()))
    }


def phase_marks(steps: Source) -> list[tuple[int, int]]:
    """Return the marks in ``steps`` as (boot clock ns, number of the phase), in time order."""
    kind, time, value = _STEP["kind"], _STEP["ts_ns"], _STEP["value"]
    return sorted(
        (step[time], step[value])
        for step in STEP_CELL.iter_unpack(_whole(steps, STEP_CELL.size))
        if step[kind] == StepKind.PHASE
    )


def _differences(name: str, family: str, said: tuple[int, int], seen: tuple[int, int]) -> list[str]:
    told = (
        say(
            "phase {name}: the workload says {said} calls of {family}, the trace has {seen}",
            name=name,
            family=family,
            said=said[0],
            seen=seen[0],
        ),
        say(
            "phase {name}: the workload says {said} as sum of the results of {family}, "
            "the trace has {seen}",
            name=name,
            family=family,
            said=said[1],
            seen=seen[1],
        ),
    )
    return [text for text, a, b in zip(told, said, seen, strict=True) if a != b]


def _said(truth: Mapping[str, Any]) -> Totals:
    return {
        (*which, family): (total["count"], total["ret_sum"])
        for which, waiter in waiters_of(truth).items()
        for family, total in waiter["calls"].items()
    }


def _seen(
    waiters: Container[tuple[int, int]], calls: Source, marks: list[tuple[int, int]]
) -> Totals:
    counts: Counter[tuple[int, int, str]] = Counter()
    sums: Counter[tuple[int, int, str]] = Counter()
    for number, tid, family, ret in _returned(calls, marks):
        if (number, tid) in waiters:
            counts[number, tid, family] += 1
            sums[number, tid, family] += ret
    return {key: (count, sums[key]) for key, count in counts.items()}


def _returned(calls: Source, marks: list[tuple[int, int]]) -> Iterator[tuple[int, int, str, int]]:
    """Yield phase, tid, family and result of each call that returned inside a phase."""
    starts = [time for time, _ in marks]
    enter, leave, tid = _CALL["enter_ns"], _CALL["exit_ns"], _CALL["tid"]
    syscall, ret = _CALL["syscall"], _CALL["ret"]
    for call in CALL_CELL.iter_unpack(_whole(calls, CALL_CELL.size)):
        begun = bisect.bisect_right(starts, call[enter])
        known = BY_NUMBER.get(call[syscall])
        if begun and call[leave] and known:
            yield marks[begun - 1][1], call[tid], known.family, call[ret]


def _whole(source: Source, size_bytes: int) -> bytes | memoryview:
    data = source.read_bytes() if isinstance(source, pathlib.Path) else memoryview(source)
    return data[: len(data) // size_bytes * size_bytes]
