"""The reader on memory laid out like the kernel's; tests/live uses a real ring."""

from __future__ import annotations

import mmap
import os
import resource
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tracer.bpf.ring import Ring

PAGE = mmap.PAGESIZE
SIZE = 4096
CELL = 64
CELLS = SIZE // CELL
BUSY = 1 << 31


class Kernel:
    """The kernel's side of a ring: page 0 consumer, page 1 producer, then the data."""

    def __init__(self, turned: int = 0) -> None:
        self.fd = os.memfd_create("ring")
        os.ftruncate(self.fd, 2 * PAGE + SIZE)
        self.memory = mmap.mmap(self.fd, 2 * PAGE + SIZE)
        self.made = 0
        self.position = turned
        struct.pack_into("<Q", self.memory, 0, turned)
        struct.pack_into("<Q", self.memory, PAGE, turned)

    def produce(self, count: int = 1, *, busy: bool = False) -> list[bytes]:
        """Append numbered cells; busy ones are reserved, not yet committed."""
        cells = []
        for _ in range(count):
            flags = BUSY if busy else 0
            cell = struct.pack("<IIQ", (CELL - 8) | flags, 7, self.made).ljust(CELL, b"\xaa")
            at = 2 * PAGE + self.position % SIZE
            self.memory[at : at + CELL] = cell
            self.made += 1
            self.position += CELL
            cells.append(cell)
        struct.pack_into("<Q", self.memory, PAGE, self.position)
        return cells

    def commit(self, cell: int) -> None:
        """Clear the busy bit of the cell with this number since the ring's beginning."""
        at = 2 * PAGE + cell * CELL % SIZE
        struct.pack_into("<I", self.memory, at, CELL - 8)

    @property
    def consumed(self) -> int:
        """The consumer's position."""
        return struct.unpack_from("<Q", self.memory)[0]


@pytest.fixture
def kernel() -> Kernel:
    return Kernel()


@pytest.fixture
def ring(kernel: Kernel) -> Iterator[Ring]:
    ring = Ring(kernel.fd, SIZE, CELL)
    yield ring
    ring.close()


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[int]:
    fd = os.open(tmp_path / "spool", os.O_RDWR | os.O_CREAT | os.O_APPEND)
    yield fd
    os.close(fd)


def written(fd: int) -> bytes:
    return os.pread(fd, 1 << 20, 0)


@contextmanager
def no_file_longer_than(size: int) -> Iterator[None]:
    """Make the kernel refuse writes beyond that, like a full disk: first a short write."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_empty(ring, spool):
    assert ring.drain(spool) == 0
    assert written(spool) == b""


def test_cells_come_in_order_and_once(ring, kernel, spool):
    cells = kernel.produce(5)
    assert ring.drain(spool) == 5
    cells += kernel.produce(2)
    assert ring.drain(spool) == 2
    assert ring.drain(spool) == 0
    assert written(spool) == b"".join(cells)
    assert kernel.consumed == kernel.position


def test_busy_cell_ends_what_may_be_read(ring, kernel, spool):
    before = kernel.produce(3)
    kernel.produce(1, busy=True)
    after = kernel.produce(2)
    assert ring.drain(spool) == 3
    assert ring.drain(spool) == 0
    kernel.commit(3)
    assert ring.drain(spool) == 3
    assert written(spool)[: 3 * CELL] == b"".join(before)
    assert written(spool)[4 * CELL :] == b"".join(after)


def test_busy_bit_of_old_data_behind_the_producer_does_not_count(ring, kernel, spool):
    kernel.produce(CELLS, busy=True)
    for cell in range(CELLS):
        kernel.commit(cell)
    assert ring.drain(spool) == CELLS
    assert ring.drain(spool) == 0


@pytest.mark.parametrize(
    "turned", [SIZE - CELL, SIZE - 3 * CELL, 7 * SIZE + CELL, (1 << 40) - CELL]
)
def test_over_the_end(turned, spool):
    kernel = Kernel(turned)
    ring = Ring(kernel.fd, SIZE, CELL)
    cells = kernel.produce(CELLS - 1)
    drained = ring.drain(spool)
    assert drained == min(CELLS - 1, (SIZE - turned % SIZE) // CELL), "not past the end in one go"
    assert drained + ring.drain(spool) == CELLS - 1
    assert written(spool) == b"".join(cells)
    ring.close()


def test_full_ring(ring, kernel, spool):
    cells = kernel.produce(CELLS)
    assert ring.drain(spool) == CELLS
    assert written(spool) == b"".join(cells)


@pytest.mark.parametrize("room", [0, 1, CELL - 1, CELL, 3 * CELL + 5])
def test_full_disk_keeps_whole_cells_and_loses_none(ring, kernel, spool, room):
    cells = kernel.produce(7)
    with no_file_longer_than(room), pytest.raises(OSError, match="File too large"):
        ring.drain(spool)
    whole = room // CELL
    assert written(spool) == b"".join(cells[:whole])
    assert kernel.consumed == whole * CELL
    assert ring.drain(spool) == 7 - whole
    assert written(spool) == b"".join(cells)


def test_consume_without_a_file(ring, kernel):
    cells = kernel.produce(2)
    view = ring.ready()
    assert bytes(view) == b"".join(cells)
    view.release()
    ring.consume(2 * CELL)
    assert len(ring.ready()) == 0
