"""An epoll instance whose calls are counted."""

from __future__ import annotations

import select

from tracer.workloads.tally import Tally


class Instance:
    """One epoll instance; each method but ``close`` is one system call, counted by ``tally``."""

    def __init__(self, tally: Tally, made: select.epoll | None = None) -> None:
        """Make an instance, or count with ``tally`` the calls on an existing one."""
        self.tally = tally
        self.epoll = made or select.epoll()
        self.fd = self.epoll.fileno()
        if made is None:
            tally.add("epoll_create", self.fd)

    def add(self, fd: int, mask: int = select.EPOLLIN) -> None:
        """Watch ``fd``. Raises OSError, which is not counted."""
        self.epoll.register(fd, mask)
        self.tally.add("epoll_ctl", 0)

    def modify(self, fd: int, mask: int) -> None:
        """Watch ``fd`` for something else, or re-arm it."""
        self.epoll.modify(fd, mask)
        self.tally.add("epoll_ctl", 0)

    def remove(self, fd: int) -> None:
        """Stop watching ``fd``."""
        self.epoll.unregister(fd)
        self.tally.add("epoll_ctl", 0)

    def wait(self, room: int, timeout_s: float | None = None) -> list[int]:
        """Call epoll_wait with room for so many events; return their fds."""
        events = self.epoll.poll(timeout_s, room)
        self.tally.add("epoll_wait", len(events))
        return [fd for fd, _ in events]

    def close(self) -> None:
        """Close it; that drops its entries."""
        self.epoll.close()
