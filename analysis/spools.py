"""The reader of ``calls.bin`` and ``steps.bin``: mapped, never copied, whole or in windows.

A spool is an array of cells (tracer.shared.records). Whatever looks at records gets them from
here, and has them checked as it does. What a window costs in memory is what its reader makes of it.

A spool that is made shorter while it is mapped ends its reader with SIGBUS; recorders only append.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from analysis.manifest import Manifest
from analysis.recordcheck import Bounds, check_calls, check_steps, check_tasks
from tracer.shared.records import CALL_FIELDS, SPOOLS, STEP_FIELDS, TASK_FIELDS, Field
from tracer.shared.regular import open_regular

Records = npt.NDArray[Any]
Fields = Mapping[str, npt.NDArray[Any]]
"""Records field by field, each field's values one after the other in memory."""
Check = Callable[[Records | Fields, int], None]

WINDOW: Final = 1 << 18
"""Records of a window: 32 MiB of calls, 16 MiB of steps."""

AT_ONCE: Final = 1 << 13
"""Records that are checked at once: as many as a processor's own cache holds."""

APART: Final = 1 << 15
TURNED: Final = 1 << 10
"""Records that are taken apart at once: turned into rows of words first, so many at a time that
what is written to stays in the cache. Field by field it would take twice as long."""
WORD: Final = 8
"""Bytes of a word; a record is some of them, and no field stands in two."""

HEADER: Final = (("length", "<u4"), ("page", "<u4"))
"""The ring's header (kernel/bpf/ringbuf.c); a cell begins with it."""


@dataclass(frozen=True, eq=False)
class Spool:
    """One spool: ``records`` is a read-only structured array on the mapped file, not yet checked.

    ``truncated_bytes`` are those of a last record that was only half written, left out. ``check``
    raises TraceError if one of the records that it is given is none that a recorder wrote; it is
    also given the place of the first of them.
    """

    records: Records
    truncated_bytes: int
    check: Check
    mapped: mmap.mmap | None = None
    let_go: int = 0
    """How many records are before these, a hole in the file."""

    def checked(self, first: int = 0, end: int | None = None) -> Records:
        """Return the records ``first`` to ``end``, checked, as a view.

        TraceError: one of them is none that a recorder wrote.
        """
        end = len(self.records) if end is None else end
        for start in range(first, end, AT_ONCE):
            some = self.records[start : min(start + AT_ONCE, end)]
            self.check(some, self.let_go + start)
        return self.records[first:end]

    def fields(self, first: int, end: int) -> dict[str, npt.NDArray[Any]]:
        """Return the records ``first`` to ``end``, checked, field by field.

        TraceError: one of them is none that a recorder wrote.
        """
        dtype = self.records.dtype
        found = {name: np.empty(end - first, dtype[name]) for name in dtype.names or ()}
        words = np.empty((dtype.itemsize // WORD, min(APART, end - first)), np.uint64)
        for start in range(first, end, APART):
            some = self.records[start : min(start + APART, end)]
            here = slice(start - first, start - first + len(some))
            part = {name: column[here] for name, column in found.items()}
            _turn(some, words)
            for name, column in part.items():
                column[:] = _in_words(words[:, : len(some)], dtype, name)
            self.check(part, self.let_go + start)
        return found

    def windows(self, size: int = WINDOW) -> Iterator[Records]:
        """Yield ``records``, at most ``size`` at a time, in order; unchecked views, no copies."""
        for first in range(0, len(self.records), size):
            end = min(first + size, len(self.records))
            yield self.records[first:end]
            self.forget(first, end)

    def forget(self, first: int, end: int) -> None:
        """Let the kernel have the memory of the records ``first`` to ``end`` back.

        They are read from the file again where somebody looks at them after all.
        """
        if self.mapped is None:
            return
        size = self.records.dtype.itemsize
        first, end = first + self.let_go, end + self.let_go
        start = first * size // mmap.PAGESIZE * mmap.PAGESIZE
        self.mapped.madvise(mmap.MADV_DONTNEED, start, end * size - start)


def _turn(records: Records, words: npt.NDArray[np.uint64]) -> None:
    """Write ``records`` into the columns of ``words``, of which each row has the n-th words."""
    rows = records.view(np.uint64).reshape(len(records), -1)
    for start in range(0, len(rows), TURNED):
        some = rows[start : start + TURNED]
        words[:, start : start + len(some)] = some.T


def _in_words(words: npt.NDArray[np.uint64], dtype: np.dtype[Any], name: str) -> npt.NDArray[Any]:
    """Return the field ``name`` of records of ``dtype`` that stand in ``words`` (``_turn``)."""
    assert dtype.fields is not None
    field, offset = dtype.fields[name][:2]
    word, place = divmod(offset, WORD)
    values: npt.NDArray[Any] = words[word].view(field)
    return values[place // field.itemsize :: WORD // field.itemsize]


def dtype_of(fields: tuple[Field, ...]) -> np.dtype[Any]:
    """Return the little-endian NumPy type of one cell: the ring's header, then the record."""
    return np.dtype([*HEADER, *((field.name, f"<{field.type}") for field in fields)])


def open_calls(directory: Path, manifest: Manifest) -> Spool:
    """Return the calls of the trace ``directory``; they are checked against ``manifest``.

    TraceError: no regular file.
    """
    path, bounds = directory / SPOOLS["calls"], Bounds.of(manifest)

    def check(some: Records | Fields, first: int) -> None:
        check_calls(path, some, first, bounds)

    return _mapped(path, CALL_FIELDS, check, manifest, "calls")


def open_steps(directory: Path, manifest: Manifest) -> Spool:
    """Return the steps of the trace ``directory``, as :func:`open_calls`."""
    path, bounds = directory / SPOOLS["steps"], Bounds.of(manifest)

    def check(some: Records | Fields, first: int) -> None:
        check_steps(path, some, first, bounds)

    return _mapped(path, STEP_FIELDS, check, manifest, "steps")


def open_tasks(directory: Path, manifest: Manifest) -> Spool:
    """Return what became of tasks in the trace ``directory``, as :func:`open_calls`.

    A trace that was made before there were such records has none.
    """
    path, bounds = directory / SPOOLS["lives"], Bounds.of(manifest)

    def check(some: Records | Fields, first: int) -> None:
        check_tasks(path, some, first, bounds)

    if not os.path.lexists(path):
        return Spool(np.empty(0, dtype_of(TASK_FIELDS)), 0, check)
    return _mapped(path, TASK_FIELDS, check, manifest, "lives")


def _most(manifest: Manifest, name: str) -> int | None:
    """Return how many records of a spool are read, None: all that are whole."""
    return None if manifest.drained is None else manifest.drained.get(name, 0)


def _mapped(
    path: Path, fields: tuple[Field, ...], check: Check, manifest: Manifest, name: str
) -> Spool:
    dtype, most = dtype_of(fields), _most(manifest, name)
    let_go = manifest.let_go.of(name) if manifest.let_go else 0
    fd = open_regular(path)
    try:
        size_bytes = os.fstat(fd).st_size
        count, rest = divmod(size_bytes, dtype.itemsize)
        if most is not None:
            count, rest = min(count, most), 0
        if count <= let_go:  # all of them; more than there are is damage
            return Spool(np.empty(0, dtype), rest, check, let_go=let_go if count == let_go else 0)
        data = mmap.mmap(fd, count * dtype.itemsize, prot=mmap.PROT_READ)
    finally:
        os.close(fd)
    records = np.frombuffer(data, dtype, offset=let_go * dtype.itemsize)
    return Spool(records, rest, check, data, let_go)
