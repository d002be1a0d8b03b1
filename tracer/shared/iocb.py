"""``struct iocb``, what io_submit takes (uapi/linux/aio_abi.h). Standard library only."""

from __future__ import annotations

import ctypes
import select
from typing import Final

_IOCB_CMD_POLL: Final = 5


class Iocb(ctypes.Structure):
    """One request; for a poll ``buf`` is the mask, and its event returns ``data``."""

    _fields_ = (
        ("data", ctypes.c_uint64),
        ("key", ctypes.c_uint32),
        ("rw_flags", ctypes.c_uint32),
        ("lio_opcode", ctypes.c_uint16),
        ("reqprio", ctypes.c_int16),
        ("fildes", ctypes.c_uint32),
        ("buf", ctypes.c_uint64),
        ("nbytes", ctypes.c_uint64),
        ("offset", ctypes.c_int64),
        ("reserved2", ctypes.c_uint64),
        ("flags", ctypes.c_uint32),
        ("resfd", ctypes.c_uint32),
    )


def poll_of(fd: int) -> Iocb:
    """Return the request to poll ``fd`` until it is readable; its ``data`` is ``fd``."""
    return Iocb(data=fd, lio_opcode=_IOCB_CMD_POLL, fildes=fd, buf=select.POLLIN)
