"""One of several processes that wait for one fd, as it runs there: waits, reads, counts."""

from __future__ import annotations

import errno
import os
import select
from typing import Any

from tracer.workloads.instance import Instance
from tracer.workloads.tally import Tally


class Waiter:
    """Takes the events of ``event_fd`` until ``stop_fd`` reports a hang-up."""

    def __init__(self, event_fd: int, stop_fd: int, *, leave: bool) -> None:
        self.tally = Tally()
        self.event_fd = event_fd
        self.stop_fd = stop_fd
        self.leave = leave
        self.found = {"events": 0, "in_vain": 0}

    def watch(self) -> None:
        """Register the fds."""

    def wait(self) -> list[int]:
        """Make one waiting call, count it, and return the fds it reported as ready."""
        raise NotImplementedError

    def run(self) -> None:
        """Take events until told to stop; with ``leave`` only one."""
        self.watch()
        while True:
            ready = self.wait()
            taken = self.event_fd in ready and self._take()
            if self.stop_fd in ready or (taken and self.leave):
                return

    def _take(self) -> bool:
        """Read the event; False if another waiter was faster."""
        try:
            self.tally.add("read", len(os.read(self.event_fd, 8)))
        except BlockingIOError:
            self.tally.add("read", -errno.EAGAIN)
            self.found["in_vain"] += 1
            return False
        self.found["events"] += 1
        return True

    def report(self) -> dict[str, Any]:
        """Return the waiter's entry of the truth."""
        return {
            "pid": os.getpid(),
            "tid": os.getpid(),  # a waiter has one thread
            "calls": self.tally.to_json(),
            "results": self.found,
        }


class PollWaiter(Waiter):
    """Waits by poll."""

    def watch(self) -> None:
        """List the fds; nothing is registered with the kernel."""
        self.poller = select.poll()
        for fd in (self.event_fd, self.stop_fd):
            self.poller.register(fd, select.POLLIN)

    def wait(self) -> list[int]:
        """Call poll without a timeout."""
        events = self.poller.poll()
        self.tally.add("poll", len(events))
        return [fd for fd, _ in events]


class EpollWaiter(Waiter):
    """Waits by an epoll instance of its own, or by one that others wait on as well."""

    flags = 0
    epoll: Instance | None = None

    def watch(self) -> None:
        """Make an instance with both fds, unless it is there already."""
        if self.epoll is None:
            self.epoll = make_instance(self.tally, self.event_fd, self.stop_fd, self.flags)

    def wait(self) -> list[int]:
        """Call epoll_wait without a timeout."""
        assert self.epoll is not None
        return self.epoll.wait(2)


def make_instance(tally: Tally, event_fd: int, stop_fd: int, flags: int) -> Instance:
    """Return a new epoll instance that watches both fds, the first with ``flags``."""
    epoll = Instance(tally)
    epoll.add(event_fd, select.EPOLLIN | flags)
    epoll.add(stop_fd)
    return epoll
