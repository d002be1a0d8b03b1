"""Which records no recorder ever wrote: a spool that has one is damaged, and is refused.

Only what cannot be otherwise is asked: what the probes write by their construction (probes/), and
what the kernel bounds. What a program chose (fds, timeouts, numbers of events) may be anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from analysis.manifest import Manifest
from tracer.shared.errors import TraceError
from tracer.shared.message import message
from tracer.shared.phase import MAX_PHASES
from tracer.shared.records import CALL, STEP, TASK, Life, StepKind

Records = npt.NDArray[Any]
Flags = npt.NDArray[np.bool_]

MOST_TID: Final = 1 << 22
"""PID_MAX_LIMIT (include/linux/threads.h) of a 64-bit kernel."""
MOST_CPUS: Final = 8192
"""The largest NR_CPUS that a kernel can be built with (arch/x86/Kconfig)."""
LONGEST_NS: Final = 366 * 86_400 * 1_000_000_000
"""The longest recording believed of a recorder that was killed, and could not say when it ended."""


NONE: Final = np.zeros(0, bool)
"""Of no record is a field wrong."""


class Bounds(NamedTuple):
    """When a recording began and ended, boot clock ns: nothing in it was before or after."""

    started_ns: int
    ended_ns: int

    @classmethod
    def of(cls, manifest: Manifest) -> Self:
        """Return the bounds that ``manifest`` tells; those of a killed recorder are wide."""
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
    yield _length(tasks, TASK.size)
    yield _outside("ts_ns", tasks["ts_ns"], bounds.started_ns, bounds.ended_ns)
    for field in ("tid", "pid"):
        yield _outside(field, tasks[field], 1, MOST_TID)
    for field in ("parent_tid", "own_tid"):
        yield _outside(field, tasks[field], 0, MOST_TID)
    yield _outside("kind", tasks["kind"], min(Life), max(Life))


def _faults_of_calls(calls: Records, bounds: Bounds) -> Iterator[_Fault]:
    fields = ("enter_ns", "exit_ns", "off_cpu_ns")
    enter, leave, off_cpu = (np.ascontiguousarray(calls[field]) for field in fields)
    returned = leave != 0
    until = np.where(returned, leave, np.uint64(bounds.ended_ns))
    yield _length(calls, CALL.size)
    yield _outside("enter_ns", enter, bounds.started_ns, bounds.ended_ns)
    yield _Fault(
        "exit_ns",
        returned & ((leave < enter) | (leave > bounds.ended_ns)),
        message("0, or a time from enter_ns to the recording's end {ended}", ended=bounds.ended_ns),
    )
    yield _Fault("off_cpu_ns", off_cpu > until - enter, message("at most the time of the call"))
    yield _outside("pid", calls["pid"], 1, MOST_TID)
    yield _outside("tid", calls["tid"], 1, MOST_TID)
    yield _Fault("seq", calls["seq"] == 0, message("a number from 1"))
    yield _outside("cpu", calls["cpu"], 0, MOST_CPUS - 1)


def _faults_of_steps(steps: Records, bounds: Bounds) -> Iterator[_Fault]:
    kind, value = np.ascontiguousarray(steps["kind"]), steps["value"]
    copied = (kind == StepKind.COPY_IN) | (kind == StepKind.COPY_OUT)
    marked = kind == StepKind.PHASE
    yield _length(steps, STEP.size)
    yield _outside("ts_ns", steps["ts_ns"], bounds.started_ns, bounds.ended_ns)
    for field in ("pid", "tid", "owner_pid", "owner_tid"):
        yield _outside(field, steps[field], 0, MOST_TID)
    yield _outside("cpu", steps["cpu"], 0, MOST_CPUS - 1)
    if copied.any():
        yield _Fault("value", copied & (value < 0), message("a number of bytes"))
    if marked.any():
        wrong = marked & ((value < 0) | (value > MAX_PHASES))
        yield _Fault("value", wrong, message("the number of a phase"))


def _length(records: Records, size_bytes: int) -> _Fault:
    return _outside("length", records["length"], size_bytes, size_bytes)._replace(
        needed=str(size_bytes)
    )


def _outside(field: str, values: Records, least: int, most: int) -> _Fault:
    """Return which of ``values`` are not from ``least`` to ``most``; seldom is one."""
    together = np.ascontiguousarray(values)  # their extremes take a tenth of the time then
    needed = message("{least} to {most}", least=least, most=most)
    if not len(together) or (together.min() >= least and together.max() <= most):
        return _Fault(field, NONE, needed)
    return _Fault(field, (together < least) | (together > most), needed)


def _refuse_first(path: Path, window: Records, first: int, faults: Iterator[_Fault]) -> None:
    for fault in faults:
        if fault.wrong.any():
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
