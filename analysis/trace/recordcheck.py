"""Finds records that no recorder can have written: a spool with one is refused as damaged.

Only what must hold is checked: what follows from how the probes work (probes/), and what the kernel
bounds. What a program chose (fds, timeouts, numbers of events) may be anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol, Self

import numpy as np
import numpy.typing as npt

from analysis.trace.manifest import Manifest
from tracer.shared.errors import TraceError
from tracer.shared.message import message
from tracer.shared.phase import MAX_PHASES
from tracer.shared.records import CALL, STEP, TASK, Life, StepKind


class Records(Protocol):
    """Records as they are in a spool, or transposed (analysis.trace.spools)."""

    def __getitem__(self, name: str, /) -> Any:
        """Return that field of each, an array."""


Flags = npt.NDArray[np.bool_]

MOST_TID: Final = 1 << 22
"""PID_MAX_LIMIT (include/linux/threads.h) of a 64-bit kernel."""
MOST_CPUS: Final = 8192
"""The largest NR_CPUS that a kernel can be built with (arch/x86/Kconfig)."""
LONGEST_NS: Final = 366 * 86_400 * 1_000_000_000
"""The longest plausible recording of a recorder that was killed and could not write when it
ended.
"""


TASKS_OF_STEPS: Final = ("pid", "tid", "owner_pid", "owner_tid")
"""Fields of a step that hold a pid or tid."""


class Bounds(NamedTuple):
    """When a recording began and ended, boot clock ns: nothing in it is earlier or later."""

    started_ns: int
    ended_ns: int

    @classmethod
    def of(cls, manifest: Manifest) -> Self:
        """Return the bounds given by ``manifest``; those of a killed recorder are wide."""
        started, ended = manifest.started_ns, manifest.ended_ns
        return cls(started, started + LONGEST_NS if ended is None else ended)


class _Fault(NamedTuple):
    """Which records of a window have a wrong ``field``, and what it should be."""

    field: str
    wrong: Flags
    needed: str


def check_calls(path: Path, window: Records, first: int, bounds: Bounds) -> None:
    """Raise TraceError if one of ``window``, calls of ``path`` from number ``first``, is wrong."""
    _refuse_first(path, window, first, _faults_of_calls(window, bounds))


def check_steps(path: Path, window: Records, first: int, bounds: Bounds) -> None:
    """Raise TraceError if one of ``window``, steps of ``path`` from number ``first``, is wrong."""
    _refuse_first(path, window, first, _faults_of_steps(window, bounds))


def check_tasks(path: Path, window: Records, first: int, bounds: Bounds) -> None:
    """Raise TraceError if one of ``window``, tasks of ``path`` from number ``first``, is wrong."""
    _refuse_first(path, window, first, _faults_of_tasks(window, bounds))


def _faults_of_tasks(tasks: Records, bounds: Bounds) -> Iterator[_Fault]:
    yield from _outside("length", tasks, TASK.size, TASK.size)
    yield from _outside("ts_ns", tasks, bounds.started_ns, bounds.ended_ns)
    for field in ("tid", "pid"):
        yield from _outside(field, tasks, 1, MOST_TID)
    for field in ("parent_tid", "own_tid"):
        yield from _outside(field, tasks, 0, MOST_TID)
    yield from _outside("kind", tasks, min(Life), max(Life))


def _faults_of_calls(calls: Records, bounds: Bounds) -> Iterator[_Fault]:
    fields = ("enter_ns", "exit_ns", "off_cpu_ns")
    enter, leave, off_cpu = (np.ascontiguousarray(calls[field]) for field in fields)
    returned = leave != 0
    until = leave if returned.all() else np.where(returned, leave, np.uint64(bounds.ended_ns))
    yield from _outside("length", calls, CALL.size, CALL.size)
    yield from _outside("enter_ns", calls, bounds.started_ns, bounds.ended_ns)
    wrong = returned & ((leave < enter) | (leave > bounds.ended_ns))
    if wrong.any():
        needed = message(
            "0, or a time from enter_ns to the recording's end {ended}", ended=bounds.ended_ns
        )
        yield _Fault("exit_ns", wrong, needed)
    wrong = off_cpu > until - enter
    if wrong.any():
        yield _Fault("off_cpu_ns", wrong, message("at most the time of the call"))
    yield from _outside("pid", calls, 1, MOST_TID)
    yield from _outside("tid", calls, 1, MOST_TID)
    wrong = calls["seq"] == 0
    if wrong.any():
        yield _Fault("seq", wrong, message("a number from 1"))
    yield from _outside("cpu", calls, 0, MOST_CPUS - 1)


def _faults_of_steps(steps: Records, bounds: Bounds) -> Iterator[_Fault]:
    kind, value = np.ascontiguousarray(steps["kind"]), steps["value"]
    yield from _outside("length", steps, STEP.size, STEP.size)
    yield from _outside("ts_ns", steps, bounds.started_ns, bounds.ended_ns)
    for field in TASKS_OF_STEPS:
        yield from _outside(field, steps, 0, MOST_TID)
    yield from _outside("cpu", steps, 0, MOST_CPUS - 1)
    wrong = ((kind == StepKind.COPY_IN) | (kind == StepKind.COPY_OUT)) & (value < 0)
    if wrong.any():
        yield _Fault("value", wrong, message("a number of bytes"))
    wrong = (kind == StepKind.PHASE) & ((value < 0) | (value > MAX_PHASES))
    if wrong.any():
        yield _Fault("value", wrong, message("the number of a phase"))


def _outside(field: str, records: Records, least: int, most: int) -> Iterator[_Fault]:
    """Yield a fault if ``field`` is not from ``least`` to ``most`` in some of ``records``."""
    values = np.ascontiguousarray(records[field])  # then the extremes take a tenth of the time
    if len(values) and (values.min() < least or values.max() > most):
        needed = (
            message("{least} to {most}", least=least, most=most) if least < most else str(least)
        )
        yield _Fault(field, (values < least) | (values > most), needed)


def _refuse_first(path: Path, window: Records, first: int, faults: Iterator[_Fault]) -> None:
    for fault in faults:
        index = int(fault.wrong.argmax())
        raise TraceError(
            message(
                "{path}: record {number}: {field} is {found}; needed {needed}: "
                "the file is damaged, record again",
                path=path,
                number=first + index,
                field=fault.field,
                found=int(window[fault.field][index]),
                needed=fault.needed,
            )
        )
