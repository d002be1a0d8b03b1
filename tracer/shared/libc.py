"""glibc's functions as C programs call them, and its errno."""

from __future__ import annotations

import ctypes
import errno
import os
from typing import Final

LIBC: Final = ctypes.CDLL(None, use_errno=True)
_NUMBER: Final = ctypes.c_int
LIBC.mmap.restype = ctypes.c_void_p
LIBC.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[_NUMBER] * 3, ctypes.c_long]
LIBC.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
LIBC.epoll_wait.argtypes = [_NUMBER, ctypes.c_void_p, _NUMBER, _NUMBER]
LIBC.fallocate.argtypes = [_NUMBER, _NUMBER, ctypes.c_int64, ctypes.c_int64]
LIBC.syscall.restype = ctypes.c_long

_KEEP_SIZE: Final = 0x01
_PUNCH_HOLE: Final = 0x02
"""Modes of fallocate (linux/falloc.h)."""
_MAP_FAILED: Final = ctypes.c_void_p(-1).value


def result(ret: int) -> int:
    """Return ``ret`` as the kernel returns it: -errno for a failed call."""
    return -ctypes.get_errno() if ret < 0 else ret


def map_memory(size_bytes: int, access: int, flags: int, fd: int, offset: int = 0) -> int:
    """Map ``fd`` wherever there is room and return the address. Raises OSError."""
    address: int | None = LIBC.mmap(None, size_bytes, access, flags, fd, offset)
    if address is None or address == _MAP_FAILED:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return address


def punch_hole(fd: int, start: int, size_bytes: int) -> None:
    """Free a part of a file; it reads as zeros, and the file keeps its length.

    OSError: the file system has no holes (EOPNOTSUPP), or the disk failed.
    """
    while LIBC.fallocate(fd, _PUNCH_HOLE | _KEEP_SIZE, start, size_bytes):
        number = ctypes.get_errno()
        if number != errno.EINTR:
            raise OSError(number, os.strerror(number))
