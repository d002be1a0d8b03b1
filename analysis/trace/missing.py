"""The one place that decides which numbers of which calls are missing, on unconverted records.

Without a hook, a column of a family is missing (analysis.trace.coverage); a call may say that
something in it was not seen (analysis.trace.unseen); and a call that never returned has no result.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from analysis.trace.coverage import MEASURED, why_missing
from analysis.trace.manifest import Manifest, PlanRow
from analysis.trace.spools import Records
from analysis.trace.unseen import missing as unseen_in_call
from tracer.shared.records import Unseen
from tracer.shared.syscalls import FAMILIES, SYSCALLS, by_number_of

Flags = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.uint8]
Counts = npt.NDArray[np.int64]
Fields = Callable[[str], npt.NDArray[Any]]
"""Returns a field of all calls by its name."""

UNKNOWN: Final = len(FAMILIES)
"""The code of a system call that is in none of our families; other codes index FAMILY_NAMES."""

FAMILY_NAMES: Final = (*FAMILIES, "?")
"""The name of a family by its code."""

EVENTFD_BYTES: Final = 8
INTERNAL_ERROR: Final = -512
"""From here down: errnos by which the kernel tells itself to restart a call. No program sees them,
and the probes hold such a call back; where they could not, its outcome is not known.
"""
COUNT_NO_BYTES: Final = tuple(
    call.name
    for call in SYSCALLS
    if call.family in ("read", "write", "accept") and "nr" not in call.columns
)
"""System calls without an argument for the number of bytes requested."""
OWN_ENTRY: Final = ("insertions", "removals", "notified")
"""Columns that count what happens to the entry that a blocking read queues."""
WAKES_INLINE_ENTRIES: Final = "default_wake_function"
"""The hook that sees a wakeup on an entry which no hook saw queued."""

_NUMBERS: Final = 1 << 16
"""How many values the field ``syscall`` can have."""


def family_codes(syscalls: Records, architecture: str) -> Codes:
    """Return the family code of each system call number; UNKNOWN: none."""
    codes: Codes = _code_by_number(architecture).take(syscalls)
    return codes


def count_families(families: Codes) -> Counts:
    """Return the number of calls by family code."""
    return np.bincount(families, minlength=len(FAMILY_NAMES))


def missing_in(
    field: Fields, families: Codes, counts: Counts, manifest: Manifest
) -> Mapping[str, Flags]:
    """Return by column which calls of ``families`` lack it; ``field`` gives their fields.

    ``counts`` is from ``count_families``.

    A column that no call lacks is absent. kernel_ns is missing where wall_ns or off_cpu_ns is.
    """
    found = _by_plan(families, counts > 0, manifest.plan)
    unfinished = field("exit_ns") == 0
    _add(found, "exit_ns", unfinished)
    _add(found, "ret", unfinished | (field("ret") <= INTERNAL_ERROR))
    _add(found, "nr", _named(manifest.architecture, COUNT_NO_BYTES).take(field("syscall")))
    slept = _slept_unseen(field, found, manifest.architecture)
    if slept is not None:
        wakes = manifest.attached(WAKES_INLINE_ENTRIES)
        for column in OWN_ENTRY:
            if not (wakes and column == "notified"):
                _add(found, column, slept)
    unseen = field("unseen")
    if unseen.any():
        for column, rows in unseen_in_call(unseen).items():
            _add(found, column, rows)
    _add(found, "wall_ns", unfinished | (unseen & np.uint8(Unseen.BEGINNING) != 0))
    for column in ("wall_ns", "off_cpu_ns"):
        if column in found:
            _add(found, "kernel_ns", found[column])
    return found


def _add(found: dict[str, Flags], column: str, rows: Flags) -> None:
    if rows.any():
        found[column] = found[column] | rows if column in found else rows


def _by_plan(families: Codes, present: Flags, plan: tuple[PlanRow, ...]) -> dict[str, Flags]:
    """Return, for columns of MEASURED without hooks for some calls, which calls."""
    return {
        column: lacks.take(families)
        for column, lacks in _lacking(plan).items()
        if (lacks & present).any()
    }


@lru_cache(maxsize=32)
def _lacking(plan: tuple[PlanRow, ...]) -> Mapping[str, Flags]:
    """Return for each column of MEASURED, by family code, whether it lacks hooks."""
    return {
        column: np.array(
            [*(why_missing(plan, column, family) is not None for family in FAMILIES), False]
        )
        for column in MEASURED
    }


def _slept_unseen(field: Fields, missing: Mapping[str, Flags], architecture: str) -> Flags | None:
    """Return reads that slept, may be an eventfd's, and whose entry no hook saw: not a zero.

    An eventfd's read returns 8 bytes, and queued its entry inline until do_wait_intr_irq() was used
    (6.1: fs/eventfd.c eventfd_read()). None: no such reads.
    """
    rows: Flags = field("ret") == EVENTFD_BYTES
    if rows.any():
        rows &= _named(architecture, ("read",)).take(field("syscall"))
    if not rows.any():
        return None
    rows &= (field("sleeps") > 0) & (field("insertions") == 0)
    for column in ("ret", "sleeps", "insertions"):
        if column in missing:
            rows &= ~missing[column]
    return rows


@cache
def _code_by_number(architecture: str) -> Codes:
    codes = np.full(_NUMBERS, UNKNOWN, np.uint8)
    for number, call in by_number_of(architecture).items():
        codes[number] = FAMILIES.index(call.family)
    return codes


@cache
def _named(architecture: str, names: tuple[str, ...]) -> Flags:
    """Return for each number whether it is that of a system call in ``names``."""
    flags = np.zeros(_NUMBERS, bool)
    flags[[number for number, call in by_number_of(architecture).items() if call.name in names]] = 1
    return flags
