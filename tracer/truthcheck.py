"""Holds a trace against what the workload says it did. Standard library only.

The recorder calls it in the guest when a run ends, the analysis calls it when it reads a
trace: one rule for both. docs/design.md, "Truth".
"""

from __future__ import annotations

import bisect
import pathlib
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

from tracer.records import CALL_CELL, CALL_FIELDS, STEP_CELL, STEP_FIELDS, StepKind
from tracer.syscalls import BY_NUMBER

Source = bytes | bytearray | memoryview | pathlib.Path
"""The cells of ``calls.bin`` or ``steps.bin``, or the file they are in."""

Totals = dict[tuple[int, str], tuple[int, int]]
"""Calls and sum of their results, by number of the phase and family."""

_CALL: Final = {name: index for index, (name, _) in enumerate(CALL_FIELDS)}
_STEP: Final = {name: index for index, (name, _) in enumerate(STEP_FIELDS)}


def compare(truth: Mapping[str, Any], calls: Source, steps: Source) -> list[str]:
    """Return each disagreement between ``truth`` and the records, as a sentence.

    Compared are the count and ``ret_sum`` of each family in each phase, for calls of the
    phase's waiter (its tid) that began between the phase's mark and the next and returned.
    A family that the truth does not name was not called. A half-written last record is
    left out.
    """
    seen = _seen(truth, calls, phase_marks(steps))
    problems = []
    for phase in truth["phases"]:
        number, name = phase["number"], phase["name"]
        said = {
            (number, family): (total["count"], total["ret_sum"])
            for family, total in phase["calls"].items()
        }
        here = {key: total for key, total in seen.items() if key[0] == number}
        for key in sorted(said.keys() | here.keys()):
            problems += _differences(name, key[1], said.get(key, (0, 0)), here.get(key, (0, 0)))
    return problems


def phase_marks(steps: Source) -> list[tuple[int, int]]:
    """Return the marks in ``steps`` as (boot clock ns, number of the phase), in time order."""
    kind, time, value = _STEP["kind"], _STEP["ts_ns"], _STEP["value"]
    return sorted(
        (step[time], step[value])
        for step in STEP_CELL.iter_unpack(_whole(steps, STEP_CELL.size))
        if step[kind] == StepKind.PHASE
    )


def _differences(name: str, family: str, said: tuple[int, int], seen: tuple[int, int]) -> list[str]:
    words = ("calls of", "as sum of the results of")
    return [
        f"phase {name}: the workload says {a} {word} {family}, the trace has {b}"
        for word, a, b in zip(words, said, seen, strict=True)
        if a != b
    ]


def _seen(truth: Mapping[str, Any], calls: Source, marks: list[tuple[int, int]]) -> Totals:
    waiters = {phase["number"]: phase["tid"] for phase in truth["phases"]}
    counts: Counter[tuple[int, str]] = Counter()
    sums: Counter[tuple[int, str]] = Counter()
    for number, tid, family, ret in _returned(calls, marks):
        if waiters.get(number) == tid:
            counts[number, family] += 1
            sums[number, family] += ret
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
