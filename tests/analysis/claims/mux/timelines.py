"""Calls in which the points of this topic's claims are seen, and what is told of them."""

from __future__ import annotations

from tests.analysis.handmade import WAITER, Maker
from tests.analysis.making import Scene
from tests.analysis.tasks import Task
from tests.analysis.timeline.scenes import ENTRIES, FDS, poll_of_three


def ready_in_the_middle(maker: Maker) -> None:
    """A poll queues entries as far as the first ready fd, and goes on without."""
    maker.phase("poll", fds=FDS, active=FDS[1:2], waker="before", position="middle")
    waiter = Task(maker, WAITER)
    waiter.enter()
    for fd in FDS[:2]:
        waiter.insert(ENTRIES[fd], fd)
        waiter.fd_poll(fd)
    waiter.fd_poll(8)
    for fd in FDS[:2]:
        waiter.drop(ENTRIES[fd])
    waiter.leave("poll", 1, nr=3)


TIMELINES: dict[str, tuple[Scene, list[str]]] = {
    "mux-one-call": (poll_of_three, ["queues 3 entries", "gives up", "runs the callback"]),
    "mux-queues-each-call": (
        ready_in_the_middle,
        ["queues 2 entries, one on the wait queue of each: 2 fds, 4 to 6", "polls 3 fds"],
    ),
}
"""By id of the claim: the scene, and words of its moments in order."""
