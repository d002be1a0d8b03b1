"""Reads ``calls.bin`` and ``steps.bin`` of a recording just made. Standard library only.

A guest cannot import NumPy in reasonable time, so the recorder reads what it wrote with the module
struct, a block at a time. Where there is NumPy, ``analysis.trace.spools`` is the reader.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from tracer.shared.records import CALL_CELL, CALL_PLACE, STEP_CELL, STEP_PLACE, StepKind
from tracer.shared.syscalls import by_number
from tracer.shared.truthcheck import Marks, Returned

_CELLS: Final = 4096
"""How many cells are read at once: half a MiB of calls."""


def rows(path: Path, cell: struct.Struct) -> Iterator[tuple[Any, ...]]:
    """Yield the values of each complete record in ``path``; an incomplete last one is left out."""
    with path.open("rb") as file:
        while block := file.read(_CELLS * cell.size):
            yield from cell.iter_unpack(block[: len(block) // cell.size * cell.size])


def marks_in(steps: Path) -> Marks:
    """Return the marks of phases in ``steps``."""
    kind, time, value = STEP_PLACE["kind"], STEP_PLACE["ts_ns"], STEP_PLACE["value"]
    return Marks.of(
        (step[time], step[value]) for step in rows(steps, STEP_CELL) if step[kind] == StepKind.PHASE
    )


def returned_in(calls: Path, marks: Marks) -> Iterator[Returned]:
    """Yield the calls of ``calls`` that returned, by the phase in which they began."""
    enter, leave, tid = CALL_PLACE["enter_ns"], CALL_PLACE["exit_ns"], CALL_PLACE["tid"]
    syscall, ret = CALL_PLACE["syscall"], CALL_PLACE["ret"]
    counts: Counter[tuple[int, int, int]] = Counter()
    sums: Counter[tuple[int, int, int]] = Counter()
    for call in rows(calls, CALL_CELL):
        if call[leave]:
            key = marks.phase_at(call[enter]), call[tid], call[syscall]
            counts[key] += 1
            sums[key] += call[ret]
    known = by_number()
    for key, count in counts.items():
        phase, task, number = key
        if seen := known.get(number):
            yield Returned(phase, task, seen.family, count, sums[key])
