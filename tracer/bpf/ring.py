"""Reads a BPF ring buffer whose records all have one size.

Such a ring is an array of cells: 8 bytes of header, then the record. The producer's and the
consumer's positions and the data are memory shared with the kernel, so reading takes no system
call, and no epoll_wait (libbpf's ring_buffer__poll is epoll_wait, and would trace itself).

Source: kernel/bpf/ringbuf.c, ringbuf_map_mmap() and bpf_ringbuf_commit(); unchanged in
5.10-6.12: page 0 holds the consumer's position, page 1 the producer's, then the data. (The
kernel offers the data twice in a row, so that a record may run over the end. Cells never do: a
ring is a whole number of them. One mapping is half the resident memory.)
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Callable
from typing import Final

_BUSY: Final = 0x80
"""BPF_RINGBUF_BUSY_BIT (bit 31 of the length) as it appears in the header's fourth byte."""


class Ring:
    """One ring of one instrument."""

    def __init__(self, map_fd: int, size_bytes: int, cell_bytes: int) -> None:
        """Map the ring.

        Args:
            map_fd: its map.
            size_bytes: of its data, a power of two and a multiple of ``cell_bytes``.
            cell_bytes: of a record with its 8-byte header.
        """
        page = mmap.PAGESIZE
        self._cell = cell_bytes
        self._mask = size_bytes - 1
        self._consumer = mmap.mmap(map_fd, page, prot=mmap.PROT_READ | mmap.PROT_WRITE)
        self._producer = mmap.mmap(map_fd, page + size_bytes, prot=mmap.PROT_READ, offset=page)
        self._consumed = memoryview(self._consumer).cast("Q")
        self._produced = memoryview(self._producer)[:8].cast("Q")
        self._data = memoryview(self._producer)[page:]

    def ready(self) -> memoryview:
        """Return the cells that are complete and not yet consumed, oldest first.

        Not past the ring's end: there may be more after it. The view is into the ring: use it
        before :meth:`consume`.
        """
        position, end = self._consumed[0], self._produced[0]
        start = position & self._mask
        view = self._data[start : start + end - position]
        busy = bytes(view[3 :: self._cell]).find(_BUSY)
        # A header is busy from the moment the producer's position covers it, so the first cell with
        # the bit set ends what may be read.
        return view if busy < 0 else view[: busy * self._cell]

    def consume(self, size_bytes: int) -> None:
        """Give ``size_bytes`` of the oldest cells back to the kernel."""
        self._consumed[0] += size_bytes

    def taken(self) -> int:
        """Return how many records were taken from the ring since it was made."""
        return self._consumed[0] // self._cell

    def skip(self) -> None:
        """Discard what is there: records of tasks that are no longer followed."""
        while view := self.ready():
            size = len(view)
            view.release()
            self.consume(size)

    def drain(self, fd: int, observe: Callable[[memoryview], object] | None = None) -> int:
        """Append the complete cells to a file opened for appending; return how many.

        ``observe`` gets them too, once they are written: a view into the ring, not to
        be kept.

        Raises:
            OSError: the file could not be written; what was written is consumed in whole
                cells, so that nothing is written twice and nothing is lost.
        """
        view = self.ready()
        done = 0
        try:
            while done < len(view):
                done += os.write(fd, view[done:])
            if observe and done:
                observe(view)
        finally:
            whole = done - done % self._cell
            if done > whole:
                os.ftruncate(fd, os.fstat(fd).st_size - (done - whole))
            view.release()
            self.consume(whole)
        return whole // self._cell

    def close(self) -> None:
        """Unmap the ring."""
        for view in (self._consumed, self._produced, self._data):
            view.release()
        self._consumer.close()
        self._producer.close()
