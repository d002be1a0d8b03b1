"""An io_uring instance by raw system calls: its rings, mapped into this process.

What the kernel writes to the completion ring is read here as memory. Kernel and program must order
their accesses with barriers, which Python lacks. CPUs that keep loads and stores in order, as those
in tracer.shared.arch do, need none here; and between writing a request and the kernel's reading it
there is a system call, which orders everything.
"""

from __future__ import annotations

import ctypes
import mmap
from typing import Final, NamedTuple

from tracer.shared.libc import LIBC, map_memory
from tracer.shared.rawcalls import syscall

POLL_ADD: Final = 6
POLL_REMOVE: Final = 7
RECV: Final = 27
POLL_ADD_MULTI: Final = 1
"""In ``len`` of a POLL_ADD: it stays armed and completes with each event."""
CQE_MORE: Final = 1 << 1
"""In a completion: more of the same request will follow."""
GETEVENTS: Final = 1

_OFFSET_SQ: Final = 0
_OFFSET_CQ: Final = 0x8000000
_OFFSET_SQES: Final = 0x10000000
_MAP_POPULATE: Final = 0x8000


def _words(*names: str) -> tuple[tuple[str, type[ctypes.c_uint32]], ...]:
    return tuple((name, ctypes.c_uint32) for name in names)


class _SqOffsets(ctypes.Structure):
    """``struct io_sqring_offsets`` (uapi/linux/io_uring.h)."""

    _fields_ = (
        *_words("head", "tail", "mask", "entries", "flags", "dropped", "array", "resv1"),
        ("user_addr", ctypes.c_uint64),
    )


class _CqOffsets(ctypes.Structure):
    """``struct io_cqring_offsets``."""

    _fields_ = (
        *_words("head", "tail", "mask", "entries", "overflow", "cqes", "flags", "resv1"),
        ("user_addr", ctypes.c_uint64),
    )


class Params(ctypes.Structure):
    """``struct io_uring_params``; io_uring_setup fills it in."""

    _fields_ = (
        *_words("sq_entries", "cq_entries", "flags", "sq_thread_cpu", "sq_thread_idle"),
        *_words("features", "wq_fd", "resv0", "resv1", "resv2"),
        ("sq_off", _SqOffsets),
        ("cq_off", _CqOffsets),
    )


class _Sqe(ctypes.Structure):
    """``struct io_uring_sqe``, as far as polls and RECV need it; 64 bytes."""

    _fields_ = (
        ("opcode", ctypes.c_uint8),
        ("flags", ctypes.c_uint8),
        ("ioprio", ctypes.c_uint16),
        ("fd", ctypes.c_int32),
        ("off", ctypes.c_uint64),
        ("addr", ctypes.c_uint64),
        ("len", ctypes.c_uint32),
        ("poll32_events", ctypes.c_uint32),
        ("user_data", ctypes.c_uint64),
        ("rest", ctypes.c_uint64 * 3),
    )


class _Cqe(ctypes.Structure):
    """``struct io_uring_cqe``, 16 bytes."""

    _fields_ = (
        ("user_data", ctypes.c_uint64),
        ("res", ctypes.c_int32),
        ("flags", ctypes.c_uint32),
    )


class Completion(NamedTuple):
    """What the kernel wrote to the completion ring for one request."""

    user_data: int
    res: int
    flags: int


def setup(entries: int, params: Params) -> int:
    """Call io_uring_setup; return the ring's fd, or -errno."""
    return syscall("io_uring_setup", entries, ctypes.addressof(params))


class Ring:
    """The three mappings of a ring fd. ``submit`` and ``wait`` are its only system calls."""

    def __init__(self, fd: int, params: Params) -> None:
        """Map the submission ring, the completion ring and the array of requests.

        Raises:
            OSError: the kernel does not map them.
        """
        self.fd = fd
        self._mapped: list[tuple[int, int]] = []
        sq, cq = params.sq_off, params.cq_off
        sq_bytes = sq.array + params.sq_entries * ctypes.sizeof(ctypes.c_uint32)
        cq_bytes = cq.cqes + params.cq_entries * ctypes.sizeof(_Cqe)
        self._sq = self._map(sq_bytes, _OFFSET_SQ)
        self._cq = self._map(cq_bytes, _OFFSET_CQ)
        requests = self._map(params.sq_entries * ctypes.sizeof(_Sqe), _OFFSET_SQES)
        self._sqes = (_Sqe * params.sq_entries).from_address(requests)
        self._array = (ctypes.c_uint32 * params.sq_entries).from_address(self._sq + sq.array)
        self._cqes = (_Cqe * params.cq_entries).from_address(self._cq + cq.cqes)
        self._sq_tail = ctypes.c_uint32.from_address(self._sq + sq.tail)
        self._cq_head = ctypes.c_uint32.from_address(self._cq + cq.head)
        self._cq_tail = ctypes.c_uint32.from_address(self._cq + cq.tail)

    def _map(self, size_bytes: int, offset: int) -> int:
        access = mmap.PROT_READ | mmap.PROT_WRITE
        try:
            flags = mmap.MAP_SHARED | _MAP_POPULATE
            address = map_memory(size_bytes, access, flags, self.fd, offset)
        except OSError:
            self.unmap()
            raise
        self._mapped.append((address, size_bytes))
        return address

    def push_poll(self, fd: int, events: int, *, multishot: bool) -> None:
        """Write a POLL_ADD of ``fd`` to the submission ring; its ``user_data`` is the fd."""
        length = POLL_ADD_MULTI if multishot else 0
        self._push(_Sqe(opcode=POLL_ADD, fd=fd, len=length, poll32_events=events, user_data=fd))

    def push_recv(self, fd: int, address: int, size_bytes: int) -> None:
        """Write a RECV from the socket ``fd`` into memory; its ``user_data`` is the fd."""
        self._push(_Sqe(opcode=RECV, fd=fd, addr=address, len=size_bytes, user_data=fd))

    def push_removal(self, fd: int, user_data: int) -> None:
        """Write a POLL_REMOVE for the poll of ``fd``."""
        self._push(_Sqe(opcode=POLL_REMOVE, fd=-1, addr=fd, user_data=user_data))

    def _push(self, request: _Sqe) -> None:
        tail = self._sq_tail.value
        place = tail % len(self._sqes)
        self._sqes[place] = request
        self._array[place] = place
        self._sq_tail.value = tail + 1

    def submit(self, count: int) -> int:
        """Call io_uring_enter to hand over ``count`` requests, waiting for nothing."""
        return syscall("io_uring_enter", self.fd, count, 0, 0, 0, 0)

    def wait(self) -> int:
        """Call io_uring_enter to wait for a completion, which then is in the ring; returns 0."""
        return syscall("io_uring_enter", self.fd, 0, 1, GETEVENTS, 0, 0)

    def take(self) -> list[Completion]:
        """Return the completions in the ring and free their slots: memory accesses only."""
        head, tail = self._cq_head.value, self._cq_tail.value
        taken = [self._cqes[number % len(self._cqes)] for number in _places(head, tail)]
        found = [Completion(each.user_data, each.res, each.flags) for each in taken]
        self._cq_head.value = tail
        return found

    def unmap(self) -> None:
        """Unmap the rings; the instance itself ends with its fd."""
        while self._mapped:
            LIBC.munmap(*self._mapped.pop())


def _places(head: int, tail: int) -> range:
    """Return the numbers from ``head`` to ``tail``, two 32-bit counters that wrap."""
    return range(head, head + (tail - head) % (1 << 32))
