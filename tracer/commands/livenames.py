"""Current names of tasks and fds for ``tracer top``, refreshed now and then."""

from __future__ import annotations

import time
from typing import Any, Final

from analysis.fds.words import seen_words
from analysis.trace.fdlines import FdSeen
from tracer.recording.proc import task
from tracer.recording.procfds import ProcessFds
from tracer.recording.sockets import sockets_of
from tracer.shared.clock import boot_ns
from tracer.shared.fds import SOCKET
from tracer.shared.message import localized

_KEPT_S: Final = 5.0
"""How long a name is believed: fd numbers are reused."""


class LiveNames:
    """Names by pid and fd, and by tid."""

    def __init__(self) -> None:
        """Begin with none."""
        self._fds: dict[tuple[int, int], tuple[float, str]] = {}
        self._comms: dict[int, str] = {}

    def comm(self, tid: int) -> str:
        """Return the name of a task; the last one known where it has ended."""
        found = task(tid)
        if found:
            self._comms[tid] = found.comm
        return self._comms.get(tid, "")

    def name(self, pid: int, fd: int) -> str:
        """Return what is behind an fd; empty if that may not be read."""
        known = self._fds.get((pid, fd))
        if known and time.monotonic() - known[0] < _KEPT_S:
            return known[1]
        name = _name(pid, fd) or (known[1] if known else "")
        self._fds[pid, fd] = time.monotonic(), name
        return name


def _name(pid: int, fd: int) -> str:
    found: dict[str, Any] = {"at_ns": boot_ns(), "pid": pid, "fd": fd}
    try:
        process = ProcessFds(pid)
        link = process.link(fd)
        found |= {"kind": link.kind, "inode": link.inode}
        found |= _socket(pid, link.inode) if link.kind == SOCKET else process.details(fd, link)
    except OSError:
        return ""
    words = seen_words(FdSeen(**found))
    return localized(words) if words else ""


def _socket(pid: int, inode: int) -> dict[str, str]:
    for found in sockets_of(pid, {inode}):
        if inode in found:
            return found[inode]._asdict()
    return {"kind": SOCKET}
