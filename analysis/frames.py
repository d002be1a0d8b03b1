"""A trace directory as frames: a convenience for traces that memory has room for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from analysis.coverage import MEASURED, Plan, why_missing
from analysis.manifest import Manifest, read_manifest
from analysis.naming import with_fds
from analysis.spools import Records, open_calls, open_steps, open_tasks
from analysis.tasks import tasks_frame
from analysis.truth import Truth, read_truth
from analysis.unseen import missing as unseen_in_call
from tracer.shared.errors import TraceError
from tracer.shared.message import message
from tracer.shared.records import CALL_FIELDS, STEP_FIELDS, Field, StepKind, Unseen
from tracer.shared.syscalls import FAMILIES, SYSCALLS, by_number_of
from tracer.shared.truthcheck import Marks

EVENTFD_BYTES: Final = 8
INTERNAL_ERROR: Final = -512
"""From here down: errnos by which the kernel tells itself to make a call anew. No program sees
them, and the probes hold such a call back; where they could not, how it ended is not known."""
COUNT_NO_BYTES: Final = tuple(
    call.name
    for call in SYSCALLS
    if call.family in ("read", "write", "accept") and "nr" not in call.columns
)
"""System calls that no argument of tells how many bytes they are asked for."""
OWN_ENTRY: Final = ("insertions", "removals", "notified")
"""Columns that count what happens to the entry that a blocking read hangs for itself."""
WAKES_INLINE_ENTRIES: Final = "default_wake_function"
"""The hook that sees an entry woken which no hook saw hung."""

POINTERS: Final = ("entry", "object")
"""Columns that stay unsigned: kernel addresses have their top bit set."""


@dataclass(frozen=True, eq=False)
class Trace:
    """A recorded run, read.

    ``calls``, one row per finished or unfinished system call, in order of return. Its columns are
    those of ``tracer.shared.records.CALL_FIELDS``, int64 or Int64, with the
    record's own -1 and 0 where there is no value; exit_ns and ret are NA if unfinished. And:

    =============  =========  =====================================================
    column         type       meaning
    =============  =========  =====================================================
    name, family   str        of the system call; "?" if not one of tracer.shared.syscalls
    phase          int64      number of the phase, 0: none
    wall_ns        Int64      exit_ns - enter_ns; NA if unfinished, or begun before tracer came
    kernel_ns      Int64      wall_ns - off_cpu_ns
    unfinished     bool       the task or the recording ended inside the call
    =============  =========  =====================================================

    Int64 columns are NA where a hook that feeds them for the row's family is not attached, and
    what concerns its own entry where an eventfd's read slept and no hook saw the entry, and
    where the call itself says that something of it was not seen (analysis.unseen): all of them
    in a call that was under way when tracer attached.

    ``steps``, one row per step, in ring order: the columns of ``STEP_FIELDS`` as int64, entry and
    object as uint64; the fd of a look in epoll_wait is named by its file (analysis.naming);
    hook_name (str, "?" if not in the plan) and phase (int64, 0: none).
    """

    path: Path
    manifest: Manifest
    calls: pd.DataFrame
    steps: pd.DataFrame
    truth: Truth | None
    truncated_bytes: int
    tasks: pd.DataFrame


def read_trace(path: Path | str) -> Trace:
    """Return the trace in the directory ``path``.

    A last record that was only half written is left out and counted in ``truncated_bytes``.
    TraceError: not a trace, a file missing or damaged, broken JSON, or a newer schema.
    """
    directory = Path(path)
    _check_directory(directory)
    manifest = read_manifest(directory / "manifest.json")
    calls, steps = open_calls(directory, manifest), open_steps(directory, manifest)
    tasks = open_tasks(directory, manifest)
    marks = marks_of(steps.records)
    return Trace(
        path=directory,
        manifest=manifest,
        calls=_calls_frame(calls.records, _phases_at(calls.records["enter_ns"], marks), manifest),
        steps=_steps_frame(steps.records, _phases_at(steps.records["ts_ns"], marks), manifest),
        truth=read_truth(directory / "truth.json"),
        truncated_bytes=calls.truncated_bytes + steps.truncated_bytes + tasks.truncated_bytes,
        tasks=tasks_frame(tasks.records),
    )


def _check_directory(directory: Path) -> None:
    if not directory.is_dir():
        if directory.exists():
            raise TraceError(
                message(
                    "{path}: found a file; needed a trace directory (tracer record)", path=directory
                )
            )
        raise TraceError(
            message(
                "{path}: found nothing; needed a trace directory (tracer record)", path=directory
            )
        )
    present = {path.name for path in directory.iterdir()}
    if not present:
        raise TraceError(
            message("{path}: an empty directory; needed a trace: record again", path=directory)
        )
    absent = [name for name in ("manifest.json", "calls.bin", "steps.bin") if name not in present]
    if len(absent) == 3:
        raise TraceError(
            message(
                "{path}: not a trace; needed {absent} in it",
                path=directory,
                absent=", ".join(absent),
            )
        )
    if absent:
        raise TraceError(
            message(
                "{path}: no {absent}; a trace needs it: record again",
                path=directory,
                absent=", ".join(absent),
            )
        )


def marks_of(steps: Records) -> Marks:
    """Return the marks of phases among ``steps``."""
    marks = steps[steps["kind"] == StepKind.PHASE]
    return Marks.of(zip(marks["ts_ns"].tolist(), marks["value"].tolist(), strict=True))


def _phases_at(times: Records, marks: Marks) -> Records:
    """Return Marks.phase_at() of each of ``times``."""
    numbers = np.array([0, *marks.numbers], np.int64)
    return numbers[np.searchsorted(np.array(marks.starts, np.uint64), times, side="right")]


def _plain(records: Records, fields: tuple[Field, ...]) -> dict[str, Records]:
    names = [field.name for field in fields]
    kinds = {name: np.uint64 if name in POINTERS else np.int64 for name in names}
    return {name: records[name].astype(kind) for name, kind in kinds.items()}


def _words(numbers: Records, *words: Callable[[int], str]) -> list[pd.Series[Any]]:
    """Return each word of each number; they are few, however many rows there are."""
    found, which = np.unique(numbers, return_inverse=True)
    columns = [np.array([word(n) for n in found.tolist()], dtype=object) for word in words]
    return [pd.Series(column[which], dtype=object) for column in columns]


def _calls_frame(records: Records, phase: Records, manifest: Manifest) -> pd.DataFrame:
    plain = _plain(records, CALL_FIELDS)
    known = {n: (call.name, call.family) for n, call in by_number_of(manifest.architecture).items()}
    name, family = _words(
        plain["syscall"],
        lambda number: known.get(number, ("?", "?"))[0],
        lambda number: known.get(number, ("?", "?"))[1],
    )
    unfinished = plain["exit_ns"] == 0
    missing = {"exit_ns": unfinished, "ret": unfinished, **_missing(family, manifest.plan)}
    missing["ret"] = unfinished | (plain["ret"] <= INTERNAL_ERROR)
    missing["nr"] = name.isin(COUNT_NO_BYTES).to_numpy()
    unseen = _slept_unseen(plain, missing, name == "read")
    wakes = manifest.attached(WAKES_INLINE_ENTRIES)
    columns = [column for column in OWN_ENTRY if not (wakes and column == "notified")]
    missing |= {column: missing[column] | unseen for column in columns}
    for column, rows in unseen_in_call(plain["unseen"]).items():
        missing[column] = missing[column] | rows
    frame = pd.DataFrame(
        {
            column: pd.arrays.IntegerArray(values, missing[column]) if column in missing else values
            for column, values in plain.items()
        }
    )
    frame = frame.assign(name=name, family=family, phase=phase, unfinished=unfinished)
    frame["wall_ns"] = (frame["exit_ns"] - frame["enter_ns"]).mask(
        plain["unseen"] & Unseen.BEGINNING != 0
    )
    frame["kernel_ns"] = frame["wall_ns"] - frame["off_cpu_ns"]
    return frame


def _missing(family: pd.Series[Any], plan: Plan) -> dict[str, Records]:
    """Return for each column of MEASURED whether each row's hooks for it are not attached."""
    missing = {column: np.zeros(len(family), bool) for column in MEASURED}
    for each in set(FAMILIES) & set(family.unique()):
        rows = (family == each).to_numpy()
        for column in MEASURED:
            if why_missing(plan, column, each):
                missing[column] |= rows
    return missing


def _slept_unseen(
    plain: Mapping[str, Records], missing: Mapping[str, Records], read: pd.Series[bool]
) -> Records:
    """Return the reads that may be an eventfd's, slept, and whose entry no hook saw: not a zero.

    An eventfd's read gives 8 bytes, and hung its entry inline until do_wait_intr_irq() was used
    (6.1: fs/eventfd.c eventfd_read()).
    """
    eventfd = read.to_numpy() & (plain["ret"] == EVENTFD_BYTES) & ~missing["ret"]
    slept = (plain["sleeps"] > 0) & ~missing["sleeps"]
    unseen: Records = eventfd & slept & (plain["insertions"] == 0) & ~missing["insertions"]
    return unseen


def _steps_frame(records: Records, phase: Records, manifest: Manifest) -> pd.DataFrame:
    frame = pd.DataFrame(_plain(records, STEP_FIELDS))
    names = manifest.hook_names()
    (hook_name,) = _words(records["hook"], lambda hook: names.get(hook, "?"))
    return with_fds(frame.assign(hook_name=hook_name, phase=phase))
