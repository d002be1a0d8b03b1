"""Calls and steps as they are written to files: unknown or absent values are null, not a code."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from analysis.export.columns import ADDRESS, CALLS, STEPS
from analysis.export.part import Part
from analysis.export.text import storable
from analysis.export.values import Columns, Flags, Numbers, Texts, Values, spelled, worded
from analysis.trace.missing import FAMILY_NAMES
from analysis.windows.window import phases_at
from tracer.shared.records import (
    CALL_FIELDS,
    STEP_FIELDS,
    TIMEOUT_INVALID,
    TIMEOUT_NONE,
    TIMEOUT_UNREAD,
    Field,
    StepKind,
)
from tracer.shared.syscalls import by_number_of

Wide = npt.NDArray[Any]
"""64-bit numbers."""

NO_FD: Final = -1

HAVE_NR: Final = (
    "select", "poll", "epoll_wait", "read", "write", "splice", "io_submit", "io_getevents",
    "io_uring_setup", "io_uring_enter",
)  # fmt: skip
HAVE_OP: Final = ("epoll_ctl", "fcntl", "io_uring_enter")
"""Families whose calls have these columns; for others the record has 0."""

NO_TIMEOUT: Final = (TIMEOUT_NONE, TIMEOUT_UNREAD, TIMEOUT_INVALID)
WITHOUT_VALUE: Final = (StepKind.SWITCH_IN, StepKind.WAKEUP)
MASK_UNSEEN: Final = -1
"""The value of a poll whose result a kprobe did not see."""

KIND_NAMES: Final = {int(kind): kind.name.lower() for kind in StepKind}


def exported_calls(part: Part) -> Columns:
    """Return the columns CALLS of the calls, in order of return."""
    window, families = part.window, part.window.families
    fields = _fields(window.of_calls, CALL_FIELDS)
    known = {
        "timeout_ns": _is_none_of(fields["timeout_ns"], NO_TIMEOUT),
        "fd": fields["fd"] != NO_FD,
        "target": fields["target"] != NO_FD,
        "nr": among(HAVE_NR)[families],
        "op": among(HAVE_OP)[families],
    }
    columns: dict[str, Values] = {
        name: _number(part, name, values, known.get(name)) for name, values in fields.items()
    }
    wall_ns = fields["exit_ns"] - fields["enter_ns"]
    known_calls = by_number_of(part.recording.manifest.architecture)
    names = {number: call.name for number, call in known_calls.items()}
    columns |= {
        "name": worded(fields["syscall"], names.get),
        "family": spelled(families.astype(np.intp), [*FAMILY_NAMES[:-1], None]),
        "phase": Numbers(window.phases),
        "unfinished": Numbers(window.unfinished),
        "wall_ns": _number(part, "wall_ns", wall_ns),
        "kernel_ns": _number(part, "kernel_ns", wall_ns - fields["off_cpu_ns"]),
        "phase_name": worded(window.phases, part.phases.get),
    }
    for fd in ("fd", "target"):
        columns[f"{fd}_name"] = _fd_names(part, fields["pid"], fields[fd], fields["enter_ns"])
    return {column.name: columns[column.name] for column in CALLS}


def exported_steps(part: Part) -> Columns:
    """Return the columns STEPS of the steps, in ring order."""
    window = part.window
    fields = _fields(window.of_steps, STEP_FIELDS)
    kind = fields["kind"]
    mask_unseen = (kind == StepKind.FD_POLL) & (fields["value"] == MASK_UNSEEN)
    known = {name: fields[name] != 0 for name in ("entry", "owner_pid", "owner_tid", "hook")}
    known |= {
        "object": (fields["object"] != 0) | (kind == StepKind.ITEM),
        "fd": part.step_fds != NO_FD,
        "value": ~mask_unseen & _is_none_of(kind, WITHOUT_VALUE),
    }
    fields["fd"] = part.step_fds
    phases = phases_at(fields["ts_ns"], window.marks)
    hooks = {hook: storable(name) for hook, name in part.recording.manifest.hook_names().items()}
    whose = np.where(fields["owner_pid"] > 0, fields["owner_pid"], fields["pid"])
    columns: dict[str, Values] = {
        name: Numbers(values, known.get(name)) for name, values in fields.items()
    }
    columns |= {
        "hook_name": worded(fields["hook"], hooks.get),
        "phase": Numbers(phases),
        "kind_name": worded(kind, KIND_NAMES.get),
        "phase_name": worded(phases, part.phases.get),
        "fd_name": _fd_names(part, whose, fields["fd"], fields["ts_ns"]),
    }
    return {column.name: columns[column.name] for column in STEPS}


def _fields(of: Callable[[str], npt.NDArray[Any]], fields: tuple[Field, ...]) -> dict[str, Wide]:
    """Return all ``fields`` of the records, each from ``of``, in 64 bits, not copied."""
    return {field.name: _wide(of(field.name), field.unit == ADDRESS) for field in fields}


def _wide(values: npt.NDArray[Any], unsigned: bool) -> Wide:
    """Return 64-bit numbers, without a copy of those that have 64: no time uses the top bit."""
    kind = np.uint64 if unsigned else np.int64
    return values.view(kind) if values.itemsize == kind().itemsize else values.astype(kind)


def _number(part: Part, name: str, values: npt.NDArray[Any], known: Flags | None = None) -> Numbers:
    """Return the column ``name`` of the calls, null where it is missing or not ``known``."""
    missing = part.window.missing.get(name)
    if missing is not None:
        known = ~missing if known is None else known & ~missing
    return Numbers(values, known)


def _is_none_of(numbers: npt.NDArray[Any], few: Sequence[int]) -> Flags:
    """Return which of ``numbers`` are not among a ``few``."""
    flags = np.ones(len(numbers), bool)
    for each in few:
        flags &= numbers != each
    return flags


@cache
def among(families: tuple[str, ...]) -> Flags:
    """Return for each code of a family whether it is one of ``families``."""
    return np.array([name in families for name in FAMILY_NAMES])


def _fd_names(
    part: Part, pids: npt.NDArray[Any], fds: npt.NDArray[Any], at_ns: npt.NDArray[Any]
) -> Texts:
    """Return the English names of ``fds``: files for other programs have no language."""
    places, names = part.fds.listed(pids, fds, at_ns)
    return spelled(places, [None if name is None else storable(name) for name in names])
