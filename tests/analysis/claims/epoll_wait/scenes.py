"""A hand-made phase of a program that makes its own events."""

from __future__ import annotations

from tests.analysis.handmade import WAITER, Maker
from tests.analysis.tasks import CALLBACK, Task
from tests.analysis.timeline.scenes import ENTRIES, EPFD, FDS


def written_before(maker: Maker) -> None:
    """The program itself writes, and its epoll_wait finds the fd on the ready list."""
    maker.phase("epoll", fds=FDS, active=FDS[2:], waker="before")
    waiter = Task(maker, WAITER)
    waiter.enter()
    waiter.insert(ENTRIES[8], 8)
    waiter.leave("epoll_ctl", 0, op=1, fd=EPFD, target=8)
    waiter.enter()
    waiter.call_back(CALLBACK, ENTRIES[8], waiter, fd=8)
    waiter.leave("write", 1, fd=9)
    waiter.enter()
    waiter.fd_poll(8)
    waiter.leave("epoll_wait", 1, fd=EPFD)
