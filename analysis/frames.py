"""A trace directory as frames: a convenience for traces that fit in memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from analysis.fds.names import FdNames, fd_names_of
from analysis.fds.naming import FileNames
from analysis.tasks import tasks_frame
from analysis.trace.coverage import MEASURED
from analysis.trace.manifest import Manifest
from analysis.trace.missing import FAMILY_NAMES, count_families, family_codes, missing_in
from analysis.trace.spools import Records
from analysis.trace.truth import Truth
from analysis.windows.recording import Recording, open_recording
from analysis.windows.window import phases_at
from tracer.shared.records import CALL_FIELDS, STEP_FIELDS, Field
from tracer.shared.syscalls import by_number_of

MAY_BE_MISSING: Final = ("exit_ns", "ret", "nr", *MEASURED)
"""Columns of a record that are Int64, since their values may be missing
(analysis.trace.missing)."""

MOST_WHOLE: Final = 2_000_000
"""Longest trace, in calls and steps, that is put into frames where a text can do without them; they
take about 1.4 GiB. Claims always get frames, since their traces are those of experiments.
"""

POINTERS: Final = ("entry", "object")
"""Columns that stay unsigned: kernel addresses have their top bit set."""


@dataclass(frozen=True, eq=False)
class Trace:
    """A recorded run, read.

    ``calls``: one row per finished or unfinished system call, in order of return. Its columns are
    those of ``tracer.shared.records.CALL_FIELDS``, int64 or Int64, with the record's own -1 and 0
    where there is no value; exit_ns and ret are NA if unfinished. And:

    =============  =========  =====================================================
    column         type       meaning
    =============  =========  =====================================================
    name, family   str        of the system call; "?" if not one of tracer.shared.syscalls
    phase          int64      number of the phase, 0: none
    wall_ns        Int64      exit_ns - enter_ns; NA if unfinished, or begun before tracer attached
    kernel_ns      Int64      wall_ns - off_cpu_ns
    unfinished     bool       the task or the recording ended inside the call
    =============  =========  =====================================================

    Int64 columns are NA where a hook that feeds them for the row's family is not attached, and what
    concerns its own entry where an eventfd's read slept and no hook saw the entry, and where the
    call itself says that something of it was not seen (analysis.trace.unseen): all of them in a
    call that was under way when tracer attached.

    ``steps``, one row per step, in ring order: the columns of ``STEP_FIELDS`` as int64, entry and
    object as uint64; the fd of a poll in epoll_wait is named by its file (analysis.fds.naming);
    hook_name (str, "?" if not in the plan) and phase (int64, 0: none).

    ``fds`` names what is behind an fd at a moment; it knows nothing where nothing was observed.
    """

    path: Path
    manifest: Manifest
    calls: pd.DataFrame
    steps: pd.DataFrame
    truth: Truth | None
    truncated_bytes: int
    tasks: pd.DataFrame
    recording: Recording
    fds: FdNames


def read_trace(path: Path | str) -> Trace:
    """Return the trace in the directory ``path``.

    A last record that was only half written is left out and counted in ``truncated_bytes``.
    TraceError: not a trace, a file missing or damaged, broken JSON, or a newer schema.
    """
    return trace_of(open_recording(path))


def trace_of(recording: Recording) -> Trace:
    """Return ``recording`` in frames, all of it; it should not exceed MOST_WHOLE."""
    return trace_from(recording, recording.calls.checked(), recording.steps.checked())


def trace_from(recording: Recording, calls: Records, steps: Records) -> Trace:
    """Return a trace of some ``calls`` and ``steps`` of ``recording``, in order."""
    manifest, marks = recording.manifest, recording.marks
    frame = _calls_frame(calls, phases_at(calls["enter_ns"], marks), manifest)
    return Trace(
        path=recording.path,
        manifest=manifest,
        calls=frame,
        steps=_steps_frame(steps, phases_at(steps["ts_ns"], marks), manifest),
        truth=recording.truth,
        truncated_bytes=recording.truncated_bytes,
        tasks=tasks_frame(recording.tasks.records),
        recording=recording,
        fds=fd_names_of(recording),
    )


def _plain(records: Records, fields: tuple[Field, ...]) -> dict[str, Records]:
    names = [field.name for field in fields]
    kinds = {name: np.uint64 if name in POINTERS else np.int64 for name in names}
    return {name: records[name].astype(kind) for name, kind in kinds.items()}


def _words(numbers: Records, *words: Callable[[int], str]) -> list[pd.Series[Any]]:
    """Return the word for each number; there are few distinct ones, however many rows."""
    found, which = np.unique(numbers, return_inverse=True)
    columns = [np.array([word(n) for n in found.tolist()], dtype=object) for word in words]
    return [pd.Series(column[which], dtype=object) for column in columns]


def _calls_frame(records: Records, phase: Records, manifest: Manifest) -> pd.DataFrame:
    plain = _plain(records, CALL_FIELDS)
    names = {number: call.name for number, call in by_number_of(manifest.architecture).items()}
    (name,) = _words(plain["syscall"], lambda number: names.get(number, "?"))
    families = family_codes(records["syscall"], manifest.architecture)
    family = pd.Series(np.array(FAMILY_NAMES, dtype=object)[families], dtype=object)
    missing = missing_in(lambda name: records[name], families, count_families(families), manifest)
    none = np.zeros(len(records), bool)

    def known(column: str, values: Records) -> pd.arrays.IntegerArray:
        return pd.arrays.IntegerArray(values, missing.get(column, none).copy())

    wall_ns = plain["exit_ns"] - plain["enter_ns"]
    columns: dict[str, Any] = {
        column: known(column, values) if column in MAY_BE_MISSING else values
        for column, values in plain.items()
    }
    columns |= {
        "name": name,
        "family": family,
        "phase": phase,
        "unfinished": plain["exit_ns"] == 0,
        "wall_ns": known("wall_ns", wall_ns),
        "kernel_ns": known("kernel_ns", wall_ns - plain["off_cpu_ns"]),
    }
    return pd.DataFrame(columns)


def _steps_frame(records: Records, phase: Records, manifest: Manifest) -> pd.DataFrame:
    columns: dict[str, Any] = dict(_plain(records, STEP_FIELDS))
    asked = (columns[name] for name in ("kind", "pid", "object", "fd"))
    columns["fd"] = FileNames().named(*asked)
    names = manifest.hook_names()
    (columns["hook_name"],) = _words(records["hook"], lambda hook: names.get(hook, "?"))
    return pd.DataFrame(columns | {"phase": phase})
