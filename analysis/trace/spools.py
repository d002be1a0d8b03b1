"""The reader of ``calls.bin`` and ``steps.bin``: mapped, never copied, whole or in windows.

A spool is an array of cells (tracer.shared.records). All readers of records get them from here,
already checked. A window costs only the memory of what its reader makes of it.

Truncating a spool while it is mapped kills its reader with SIGBUS; recorders only append.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from analysis.trace.manifest import Manifest
from analysis.trace.recordcheck import Bounds, check_calls, check_steps, check_tasks
from tracer.shared.records import CALL_FIELDS, SPOOLS, STEP_FIELDS, TASK_FIELDS, Field
from tracer.shared.regular import open_regular

Records = npt.NDArray[Any]
WINDOW: Final = 1 << 18
"""Records of a window: 32 MiB of calls, 16 MiB of steps."""

AT_ONCE: Final = 1 << 14
"""How many records are checked at once: as many as fit into a processor's cache."""

AT_A_TIME: Final = 1 << 8
"""Records whose words are transposed at a time: as many as stay in the first cache.
Copying field by field would take twice as long."""
WORD: Final = 8
"""Bytes of a word; a record is a whole number of words, and no field spans two."""

HEADER: Final = (("length", "<u4"), ("page", "<u4"))
"""The ring's header (6.1: kernel/bpf/ringbuf.c); a cell begins with it."""


@dataclass(frozen=True, eq=False)
class Transposed:
    """Records of ``dtype``, transposed: row n of ``words`` holds word n of each record.

    ``transposed["fd"]`` is a view of that field: with gaps if the field is narrower than a word.
    """

    dtype: np.dtype[Any]
    words: npt.NDArray[np.uint64]

    def __getitem__(self, name: str) -> npt.NDArray[Any]:
        field, word, place = self._place(name)
        values: npt.NDArray[Any] = self.words[word].view(field)
        return values[place // field.itemsize :: WORD // field.itemsize]

    def both(self, lower: str, upper: str) -> npt.NDArray[np.uint64]:
        """Return the words whose lower and upper half are these fields."""
        field, word, place = self._place(lower)
        assert (place, self._place(upper)) == (0, (field, word, WORD // 2))
        words: npt.NDArray[np.uint64] = self.words[word]
        return words

    def _place(self, name: str) -> tuple[np.dtype[Any], int, int]:
        """Return the type of a field, its word, and its first byte there."""
        assert self.dtype.fields is not None
        field, offset = self.dtype.fields[name][:2]
        return field, *divmod(offset, WORD)


Check = Callable[[Records | Transposed, int], None]


@dataclass(frozen=True, eq=False)
class Spool:
    """One spool: ``records`` is a read-only structured array on the mapped file, not yet checked.

    ``truncated_bytes``: size of an incomplete last record, which is left out. ``check`` raises
    TraceError if a given record cannot be a recorder's; it also gets the place of the first.
    """

    records: Records
    truncated_bytes: int
    check: Check
    mapped: mmap.mmap | None = None
    let_go: int = 0
    """How many records before these are a hole in the file."""

    def checked(self, first: int = 0, end: int | None = None) -> Records:
        """Return the records ``first`` to ``end``, checked, as a view.

        TraceError: one of them cannot be a recorder's.
        """
        end = len(self.records) if end is None else end
        for start in range(first, end, AT_ONCE):
            some = self.records[start : min(start + AT_ONCE, end)]
            self.check(some, self.let_go + start)
        return self.records[first:end]

    def transposed(self, first: int, end: int) -> Transposed:
        """Return the records ``first`` to ``end``, checked and transposed.

        TraceError: one of them cannot be a recorder's.
        """
        dtype = self.records.dtype
        words = np.empty((dtype.itemsize // WORD, end - first), np.uint64)
        for start in range(first, end, AT_ONCE):
            some = self.records[start : min(start + AT_ONCE, end)]
            here = words[:, start - first : start - first + len(some)]
            rows = some.view(np.uint64).reshape(len(some), -1)
            for place in range(0, len(rows), AT_A_TIME):
                part = rows[place : place + AT_A_TIME]
                here[:, place : place + len(part)] = part.T
            self.check(Transposed(dtype, here), self.let_go + start)
        return Transposed(dtype, words)

    def windows(self, size: int = WINDOW) -> Iterator[Records]:
        """Yield ``records``, at most ``size`` at a time, in order; unchecked views, no copies."""
        for first in range(0, len(self.records), size):
            end = min(first + size, len(self.records))
            yield self.records[first:end]
            self.forget(first, end)

    def forget(self, first: int, end: int) -> None:
        """Let the kernel reclaim the memory of the records ``first`` to ``end``.

        They are read from the file again if they are accessed after all.
        """
        if self.mapped is None:
            return
        size = self.records.dtype.itemsize
        first, end = first + self.let_go, end + self.let_go
        start = first * size // mmap.PAGESIZE * mmap.PAGESIZE
        self.mapped.madvise(mmap.MADV_DONTNEED, start, end * size - start)


def dtype_of(fields: tuple[Field, ...]) -> np.dtype[Any]:
    """Return the little-endian NumPy type of one cell: the ring's header, then the record."""
    return np.dtype([*HEADER, *((field.name, f"<{field.type}") for field in fields)])


def open_calls(directory: Path, manifest: Manifest) -> Spool:
    """Return the calls of the trace ``directory``; they are checked against ``manifest``.

    TraceError: not a regular file.
    """
    path, bounds = directory / SPOOLS["calls"], Bounds.of(manifest)

    def check(some: Records | Transposed, first: int) -> None:
        check_calls(path, some, first, bounds)

    return _mapped(path, CALL_FIELDS, check, manifest, "calls")


def open_steps(directory: Path, manifest: Manifest) -> Spool:
    """Return the steps of the trace ``directory``, as :func:`open_calls`."""
    path, bounds = directory / SPOOLS["steps"], Bounds.of(manifest)

    def check(some: Records | Transposed, first: int) -> None:
        check_steps(path, some, first, bounds)

    return _mapped(path, STEP_FIELDS, check, manifest, "steps")


def open_tasks(directory: Path, manifest: Manifest) -> Spool:
    """Return the tasks' records of the trace ``directory``, as :func:`open_calls`.

    A trace from before such records existed has none.
    """
    path, bounds = directory / SPOOLS["lives"], Bounds.of(manifest)

    def check(some: Records | Transposed, first: int) -> None:
        check_tasks(path, some, first, bounds)

    if not os.path.lexists(path):
        return Spool(np.empty(0, dtype_of(TASK_FIELDS)), 0, check)
    return _mapped(path, TASK_FIELDS, check, manifest, "lives")


def _most(manifest: Manifest, name: str) -> int | None:
    """Return how many records of a spool are read; None: all complete ones."""
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
        if count <= let_go:  # all of them; more than exist: damaged
            return Spool(np.empty(0, dtype), rest, check, let_go=let_go if count == let_go else 0)
        data = mmap.mmap(fd, count * dtype.itemsize, prot=mmap.PROT_READ)
    finally:
        os.close(fd)
    records = np.frombuffer(data, dtype, offset=let_go * dtype.itemsize)
    return Spool(records, rest, check, data, let_go)
