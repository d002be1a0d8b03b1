"""Which finished calls made or closed an fd: found in drained cells without reading each.

A recorder must not look at every call in Python. The low byte of the system call's number is one
column of an array of cells, which a regular expression searches; what it finds is read.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

from tracer.shared.fds import GIVING
from tracer.shared.records import (
    CALL_CELL,
    CALL_FIELDS,
    CALL_PLACE,
    LETTERS,
    RING_HEADER,
)
from tracer.shared.syscalls import by_number

_FAMILIES: Final = (*GIVING, "connect", "epoll_ctl", "close")
_EPOLL_CTL_ADD: Final = 1
_BEFORE: Final = "".join(LETTERS[f.type] for f in CALL_FIELDS[: CALL_PLACE["syscall"]])
_COLUMN: Final = RING_HEADER.size + struct.calcsize(f"<{_BEFORE}")
"""Where in a cell the number's low byte is."""
_PLACES: Final = tuple(CALL_PLACE[name] for name in ("pid", "fd", "target", "op", "ret", "syscall"))


class Turn(NamedTuple):
    """What a call did to an fd."""

    pid: int
    fd: int
    is_new: bool
    """Another file than before is behind it, or has got its address; else it was closed, or was
    named for the first time."""
    is_closed: bool = False


class NewFds:
    """Finds calls that make, name or close fds in cells of calls."""

    def __init__(self) -> None:
        """Prepare for this machine's numbers of system calls."""
        self._families = {
            number: call.family for number, call in by_number().items() if call.family in _FAMILIES
        }
        low = bytes(sorted({number & 0xFF for number in self._families}))
        self._search = re.compile(b"[" + b"".join(map(re.escape, map(_byte, low))) + b"]", re.S)

    def turns(self, cells: memoryview) -> Iterator[Turn]:
        """Yield the turns that whole ``cells`` tell of, oldest first."""
        column = bytes(cells[_COLUMN :: CALL_CELL.size])
        for match in self._search.finditer(column):
            call = CALL_CELL.unpack_from(cells, match.start() * CALL_CELL.size)
            pid, fd, target, op, ret, syscall = (call[place] for place in _PLACES)
            family = self._families.get(syscall)
            if family in GIVING and ret >= 0:
                yield Turn(pid, ret, is_new=True)
            elif family == "connect":
                yield Turn(pid, fd, is_new=True)
            elif family == "epoll_ctl" and op == _EPOLL_CTL_ADD:
                yield Turn(pid, target, is_new=False)
            elif family == "close" and not ret:
                yield Turn(pid, fd, is_new=False, is_closed=True)


def _byte(number: int) -> bytes:
    return bytes((number,))
