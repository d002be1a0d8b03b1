"""How many fds can one epoll instance watch? Adds more until something is refused.

First up to the limit of open fds, with two values of it. Then up to fs.epoll.max_user_watches,
which is lowered for that: it applies to the whole machine, so only in a guest of the lab.
"""

from __future__ import annotations

import errno
import os
import resource
from pathlib import Path
from typing import Any, Final

from tracer.workloads import limits
from tracer.workloads.instance import Instance
from tracer.workloads.models import Model

_MAX_USER_WATCHES: Final = Path("/proc/sys/fs/epoll/max_user_watches")
_MORE_WATCHES: Final = 101
"""How many more watches max_user_watches allows than there are already."""

_NUMBER_BYTES: Final = 32
_NO_FD: Final = -1

_NOT_HERE: Final = (
    "fs.epoll.max_user_watches counts for the whole machine, and is lowered in a guest of the lab "
    "only (--kernel)"
)


class EpollLimits(Model):
    """Opens eventfds and adds each to one epoll instance; ``fds`` is the first limit of fds."""

    def prepare(self) -> None:
        """Remember the limit, and count the fds open besides the watched ones.

        The setting's file is opened while there still is an fd for it.
        """
        self.setting = os.open(_MAX_USER_WATCHES, os.O_RDWR) if limits.in_guest() else _NO_FD
        self.soft, self.hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        # The fd that listing takes stands in for the epoll fd to come.
        self.others = len(list(Path("/proc/self/fd").iterdir()))
        self.watched: list[int] = []
        self.unwatched: list[int] = []

    def run(self) -> None:
        """Reach the limit of open fds, then one twice as high, then that of watches."""
        self.epoll = Instance(self.tally)
        self.rows = [self._fill(self.phase.fds), self._fill(2 * self.phase.fds)]
        self.user_watches = {"why_not": _NOT_HERE} if self.setting < 0 else self._fill_watches()

    def _fill(self, limit: int) -> dict[str, Any]:
        """Watch as many fds as can be open with ``limit``; return how many that was."""
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, self.hard))
        refused = self._add_until_refused()
        return {
            "limit": limit,
            "others": self.others + len(self.unwatched),
            "watched": len(self.watched),
            **refused,
        }

    def _fill_watches(self) -> dict[str, Any]:
        """Watch as many fds as max_user_watches allows, lowered to just above the current."""
        before = os.pread(self.setting, _NUMBER_BYTES, 0)
        lowered = len(self.watched) + _MORE_WATCHES
        os.pwrite(self.setting, b"%d" % lowered, 0)
        try:
            row = self._fill(3 * self.phase.fds)
        finally:
            os.pwrite(self.setting, before, 0)
        restored = [self._add(fd) for fd in self.unwatched]
        return {**row, "before": int(before), "lowered_to": lowered, "added_after": restored}

    def _add_until_refused(self) -> dict[str, Any]:
        """Open and add eventfds; return which call was refused, and how."""
        while True:
            try:
                fd = os.eventfd(0)
            except OSError as error:
                return {"refused": "open", "errno_name": errno.errorcode[error.errno or 0]}
            ret = self._add(fd)
            if ret < 0:
                self.unwatched.append(fd)
                return {"refused": "add", "errno_name": errno.errorcode[-ret]}
            self.watched.append(fd)

    def _add(self, fd: int) -> int:
        try:
            self.epoll.add(fd)
        except OSError as error:
            return self.tally.add("epoll_ctl", -(error.errno or 0))
        return 0

    def results(self) -> dict[str, Any]:
        """Return a row per limit of open fds, and one for the limit of watches, or why not."""
        return {
            **super().results(),
            "epfd": self.epoll.fd,
            "limits": self.rows,
            "user_watches": self.user_watches,
        }

    def close(self) -> None:
        """Close what was opened, and restore the limit."""
        if hasattr(self, "epoll"):
            self.epoll.close()
        for fd in (*self.watched, *self.unwatched, self.setting):
            if fd != _NO_FD:
                os.close(fd)
        resource.setrlimit(resource.RLIMIT_NOFILE, (self.soft, self.hard))
