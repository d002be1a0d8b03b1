"""glibc's functions as C programs call them, and its errno."""

from __future__ import annotations

import ctypes
import os
from typing import Final

LIBC: Final = ctypes.CDLL(None, use_errno=True)
_NUMBER: Final = ctypes.c_int
LIBC.mmap.restype = ctypes.c_void_p
LIBC.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[_NUMBER] * 3, ctypes.c_long]
LIBC.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
LIBC.epoll_wait.argtypes = [_NUMBER, ctypes.c_void_p, _NUMBER, _NUMBER]
LIBC.syscall.restype = ctypes.c_long

_MAP_FAILED: Final = ctypes.c_void_p(-1).value


def result(ret: int) -> int:
    """Return ``ret`` as the kernel has it: -errno of a call that failed."""
    return -ctypes.get_errno() if ret < 0 else ret


def map_memory(size_bytes: int, access: int, flags: int, fd: int, offset: int = 0) -> int:
    """Map ``fd`` wherever there is room and return the address. Raises OSError."""
    address: int | None = LIBC.mmap(None, size_bytes, access, flags, fd, offset)
    if address is None or address == _MAP_FAILED:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return address
