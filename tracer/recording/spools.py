"""Reads ``calls.bin`` and ``steps.bin`` of a recording just made. Standard library only.

A guest has no NumPy to import in reasonable time, so the recorder reads what it wrote with the
module struct, a block at a time. Whoever has NumPy reads with ``analysis.spools``.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from tracer.shared.records import CALL_CELL, CALL_FIELDS, STEP_CELL, STEP_FIELDS, StepKind
from tracer.shared.syscalls import BY_NUMBER
from tracer.shared.truthcheck import Marks, Returned

_CELLS: Final = 4096
"""How many cells are read at once: half a MiB of calls."""

_CALL: Final = {field[0]: index for index, field in enumerate(CALL_FIELDS)}
_STEP: Final = {field[0]: index for index, field in enumerate(STEP_FIELDS)}


def rows(path: Path, cell: struct.Struct) -> Iterator[tuple[Any, ...]]:
    """Yield the values of each whole record in ``path``; half a last one is left out."""
    with path.open("rb") as file:
        while block := file.read(_CELLS * cell.size):
            yield from cell.iter_unpack(block[: len(block) // cell.size * cell.size])


def marks_in(steps: Path) -> Marks:
    """Return the marks of phases in ``steps``."""
    kind, time, value = _STEP["kind"], _STEP["ts_ns"], _STEP["value"]
    return Marks.of(
        (step[time], step[value]) for step in rows(steps, STEP_CELL) if step[kind] == StepKind.PHASE
    )


def returned_in(calls: Path, marks: Marks) -> Iterator[Returned]:
    """Yield the calls of ``calls`` that returned, by the phase in which they began."""
    enter, leave, tid = _CALL["enter_ns"], _CALL["exit_ns"], _CALL["tid"]
    syscall, ret = _CALL["syscall"], _CALL["ret"]
    counts: Counter[tuple[int, int, int]] = Counter()
    sums: Counter[tuple[int, int, int]] = Counter()
    for call in rows(calls, CALL_CELL):
        if call[leave]:
            key = marks.phase_at(call[enter]), call[tid], call[syscall]
            counts[key] += 1
            sums[key] += call[ret]
    for key, count in counts.items():
        phase, task, number = key
        if known := BY_NUMBER.get(number):
            yield Returned(phase, task, known.family, count, sums[key])
