"""Calls in which the points of this topic's claims are seen, and what is told of them."""

from __future__ import annotations

from tests.analysis.handmade import WAITER, Maker
from tests.analysis.making import Scene
from tests.analysis.tasks import CALLBACK, Task
from tests.analysis.timeline.scenes import ENTRIES, EPFD, FDS, epoll_asleep


def written_before(maker: Maker) -> None:
    """The program writes itself, and its epoll_wait finds the fd on the list."""
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


TIMELINES: dict[str, tuple[Scene, list[str]]] = {
    "epoll-kernel-pushes": (epoll_asleep, ["gives up", "calls write", "runs the callback"]),
    "callback-fills-list": (epoll_asleep, ["puts it on the ready list", "polls fd 8"]),
    "epoll-own-queue": (epoll_asleep, ["gives up", "epoll instance's own queue"]),
    "entry-is-current": (written_before, ["calls write", "runs the callback", "calls epoll_wait"]),
}
"""By id of the claim: the scene, and words of its moments in order."""
