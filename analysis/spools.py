"""The reader of ``calls.bin`` and ``steps.bin``: mapped, never copied, whole or in windows.

A spool is an array of cells (tracer.shared.records). Whatever looks at records gets them from
here, each spool is read once, and nobody sees a record that was not checked. What a window costs
in memory is what its reader makes of it.

A spool that is made shorter while it is mapped ends its reader with SIGBUS; recorders only append.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from analysis.manifest import Manifest
from analysis.recordcheck import Bounds, check_calls, check_steps, check_tasks
from tracer.shared.records import CALL_FIELDS, STEP_FIELDS, TASK_FIELDS, Field
from tracer.shared.regular import open_regular

Records = npt.NDArray[Any]

WINDOW: Final = 1 << 18
"""Records of a window: 32 MiB of calls, 16 MiB of steps."""

HEADER: Final = (("length", "<u4"), ("page", "<u4"))
"""The ring's header (kernel/bpf/ringbuf.c); a cell begins with it."""


@dataclass(frozen=True, eq=False)
class Spool:
    """One spool: ``records`` is a read-only structured array on the mapped file.

    ``truncated_bytes`` are those of a last record that was only half written, left out.
    """

    records: Records
    truncated_bytes: int
    mapped: mmap.mmap | None = None

    def forget(self, first: int, end: int) -> None:
        """Let the kernel have the memory of the records ``first`` to ``end`` back.

        They are read from the file again where somebody looks at them after all.
        """
        if self.mapped is None:
            return
        size = self.records.dtype.itemsize
        start = first * size // mmap.PAGESIZE * mmap.PAGESIZE
        self.mapped.madvise(mmap.MADV_DONTNEED, start, end * size - start)

    def windows(self, size: int = WINDOW) -> Iterator[Records]:
        """Yield ``records``, at most ``size`` at a time, in order; views, no copies."""
        for first in range(0, len(self.records), size):
            end = min(first + size, len(self.records))
            yield self.records[first:end]
            self.forget(first, end)


def dtype_of(fields: tuple[Field, ...]) -> np.dtype[Any]:
    """Return the little-endian NumPy type of one cell: the ring's header, then the record."""
    return np.dtype([*HEADER, *((field.name, f"<{field.type}") for field in fields)])


def open_calls(directory: Path, manifest: Manifest) -> Spool:
    """Return the calls of the trace ``directory``, checked against ``manifest``.

    TraceError: no regular file, or a record that no recorder wrote.
    """
    spool, path = _mapped(directory / "calls.bin", CALL_FIELDS), directory / "calls.bin"
    bounds = Bounds.of(manifest)
    for number, window in enumerate(spool.windows(WINDOW)):
        check_calls(path, window, number * WINDOW, bounds)
    return spool


def open_steps(directory: Path, manifest: Manifest) -> Spool:
    """Return the steps of the trace ``directory``, as :func:`open_calls`."""
    spool, path = _mapped(directory / "steps.bin", STEP_FIELDS), directory / "steps.bin"
    bounds = Bounds.of(manifest)
    for number, window in enumerate(spool.windows(WINDOW)):
        check_steps(path, window, number * WINDOW, bounds)
    return spool


def open_tasks(directory: Path, manifest: Manifest) -> Spool:
    """Return what became of tasks in the trace ``directory``, as :func:`open_calls`.

    A trace that was made before there were such records has none.
    """
    path = directory / "tasks.bin"
    if not os.path.lexists(path):
        return Spool(np.empty(0, dtype_of(TASK_FIELDS)), 0)
    spool = _mapped(path, TASK_FIELDS)
    bounds = Bounds.of(manifest)
    for number, window in enumerate(spool.windows(WINDOW)):
        check_tasks(path, window, number * WINDOW, bounds)
    return spool


def _mapped(path: Path, fields: tuple[Field, ...]) -> Spool:
    dtype = dtype_of(fields)
    fd = open_regular(path)
    try:
        size_bytes = os.fstat(fd).st_size
        count, rest = divmod(size_bytes, dtype.itemsize)
        if not count:
            return Spool(np.empty(0, dtype), rest)
        data = mmap.mmap(fd, count * dtype.itemsize, prot=mmap.PROT_READ)
    finally:
        os.close(fd)
    return Spool(np.frombuffer(data, dtype), rest, data)
