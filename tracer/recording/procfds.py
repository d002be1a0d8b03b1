"""The fds of a process and what is behind each, as /proc tells it. Standard library only.

Nothing of this touches the process: no signal, no stop, no copy of an fd. Only listing what an
epoll instance watches costs it something: the kernel holds the instance's mutex meanwhile (6.1:
fs/eventpoll.c ep_show_fdinfo()).
"""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path
from typing import Any, Final, NamedTuple

from tracer.recording.proc import PROC
from tracer.shared.fds import MOST_TEXT, MOST_WATCHED, SOCKET
from tracer.shared.owner import as_file_owner

_ANONYMOUS: Final = {
    "eventpoll": "epoll", "eventfd": "eventfd", "timerfd": "timerfd", "signalfd": "signalfd",
    "inotify": "inotify", "fanotify": "fanotify", "pidfd": "pidfd", "io_uring": "io_uring",
}  # fmt: skip
"""What an anonymous inode is called in /proc → kind."""


class Link(NamedTuple):
    """What /proc/PID/fd/N reads: ``socket:[123]``, ``anon_inode:[eventfd]``, a path."""

    text: str

    @property
    def inode(self) -> int:
        """The inode number of a socket or pipe; 0 for anything else."""
        name, _, number = self.text.partition(":[")
        is_numbered = name in (SOCKET, "pipe") and number[:-1].isdecimal()
        return int(number[:-1]) if is_numbered else 0

    @property
    def kind(self) -> str:
        """One of `tracer.shared.fds.KINDS`."""
        if self.inode or self.text.startswith("pidfd:"):  # pidfd:[…] since 6.9 (fs/pidfs.c)
            return self.text.partition(":")[0]
        if self.text.startswith("anon_inode:"):
            name = self.text.removeprefix("anon_inode:").strip("[]")
            return _ANONYMOUS.get(name, "other")
        return "file" if self.text.startswith("/") else "other"


class ProcessFds:
    """The fds of one process; OSError where it has ended, or may not be read."""

    def __init__(self, pid: int, proc: Path = PROC) -> None:
        """Find out who owns its fds: its user, or root."""
        self.pid, self._here = pid, f"{proc}/{pid}"
        self._owner = os.stat(f"{self._here}/fd").st_uid  # noqa: PTH116 - no Path: many

    def _allowed(self) -> AbstractContextManager[None]:
        """Read with the ids of their owner."""
        return as_file_owner(self._owner)

    def numbers(self) -> list[int]:
        """Return the numbers of its fds, sorted."""
        with self._allowed():
            return sorted(map(int, os.listdir(f"{self._here}/fd")))  # noqa: PTH208

    def link(self, fd: int) -> Link:
        """Return what the fd is a link to."""
        with self._allowed():
            return Link(os.readlink(f"{self._here}/fd/{fd}"))  # noqa: PTH115 - no Path: many

    def details(self, fd: int, link: Link) -> dict[str, Any]:
        """Return further details of an fd that is no socket."""
        kind = link.kind
        if kind in ("file", "other"):
            return {"text": as_utf8(link.text)}
        if kind == "epoll":
            watched = [int(words[0]) for words in self._info(fd, "tfd:")]
            return {"watches": sorted(watched)[:MOST_WATCHED]}
        if kind == "pidfd":
            return {"text": next((words[0] for words in self._info(fd, "Pid:")), "")}
        return {"inode": link.inode} if link.inode else {}

    def _info(self, fd: int, key: str) -> list[list[str]]:
        """Return the words after ``key`` in each line of its fdinfo that has it."""
        with self._allowed():
            lines = Path(f"{self._here}/fdinfo/{fd}").read_text().splitlines()
        return [line[len(key) :].split() for line in lines if line.startswith(key)]

    @cached_property
    def network(self) -> str:
        """Its network namespace, which tells tables of sockets apart."""
        with self._allowed():
            return os.readlink(f"{self._here}/ns/net")  # noqa: PTH115


def as_utf8(text: str) -> str:
    """Return a path as valid UTF-8, cut to the most that is kept."""
    return os.fsencode(text).decode("utf-8", "backslashreplace")[:MOST_TEXT]
