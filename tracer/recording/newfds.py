"""Finds the finished calls that made or closed an fd, without reading every drained cell.

A recorder cannot afford to look at every call in Python. The system call numbers are one column of
an array of cells; read as UTF-16 it is a text, in which a regular expression finds the wanted
numbers.
"""

from __future__ import annotations

import re
import struct
import sys
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
from tracer.shared.syscalls import EPOLL_CTL_ADD, by_number

_FAMILIES: Final = (*GIVING, "connect", "epoll_ctl", "close")
_BEFORE: Final = "".join(LETTERS[f.type] for f in CALL_FIELDS[: CALL_PLACE["syscall"]])
_COLUMN: Final = RING_HEADER.size + struct.calcsize(f"<{_BEFORE}")
"""Offset in a cell of the system call number, 2 bytes."""
_UTF_16: Final = f"utf-16-{sys.byteorder[0]}e"
_PLACES: Final = tuple(CALL_PLACE[name] for name in ("pid", "fd", "target", "op", "ret", "syscall"))


class Turn(NamedTuple):
    """What a call did to an fd."""

    pid: int
    fd: int
    is_new: bool
    """It refers to a new file, or its file got an address; else it was closed, or was named for the
    first time.
    """
    is_closed: bool = False


class NewFds:
    """Finds, in cells of calls, those that make, name or close fds."""

    def __init__(self) -> None:
        """Prepare for this machine's numbers of system calls."""
        self._families = {
            number: call.family for number, call in by_number().items() if call.family in _FAMILIES
        }
        self._search = re.compile("[" + "".join(map(re.escape, map(chr, self._families))) + "]")

    def turns(self, cells: memoryview) -> Iterator[Turn]:
        """Yield the turns in complete ``cells``, oldest first."""
        column = cells.cast("H")[_COLUMN // 2 :: CALL_CELL.size // 2].tobytes()
        for match in self._search.finditer(column.decode(_UTF_16, "surrogatepass")):
            call = CALL_CELL.unpack_from(cells, match.start() * CALL_CELL.size)
            pid, fd, target, op, ret, syscall = (call[place] for place in _PLACES)
            family = self._families[syscall]
            if family in GIVING and ret >= 0:
                yield Turn(pid, ret, is_new=True)
            elif family == "connect":
                yield Turn(pid, fd, is_new=True)
            elif family == "epoll_ctl" and op == EPOLL_CTL_ADD:
                yield Turn(pid, target, is_new=False)
            elif family == "close" and not ret:
                yield Turn(pid, fd, is_new=False, is_closed=True)
