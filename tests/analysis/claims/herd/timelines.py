"""Calls in which the points of this topic's claims are seen, and what is told of them."""

from __future__ import annotations

from tests.analysis.handmade import WAITER, Maker
from tests.analysis.making import Scene
from tests.analysis.tasks import CALLBACK, SLEEPER, Task
from tracer.shared.records import StepKind


def two_on_one_queue(maker: Maker) -> None:
    """Two tasks wait for one fd, each by an instance of its own; only the first is called."""
    maker.phase("epoll-herd", fds=(4,), active=(4,), trigger="exclusive")
    tasks = [Task(maker, 73), Task(maker, 74)]
    writer = Task(maker, WAITER)
    for place, task in enumerate(tasks):
        task.enter()
        maker.step(StepKind.INSERTION, "add_wait_queue_exclusive", pid=task.tid, tid=task.tid,
                   seq=maker.next_seq(task.tid), fd=4, entry=0x100 + place, object=0x900,
                   value=1)  # fmt: skip
        task.leave("epoll_ctl", 0, op=1, fd=5, target=4)
    for task in tasks:
        task.enter()
        task.sleep()
    writer.enter()
    writer.call_back(CALLBACK, 0x100, tasks[0], fd=4)
    writer.call_back(SLEEPER, 0x200, tasks[0])
    writer.wake(tasks[0])
    writer.leave("write", 8, fd=4)
    tasks[0].get_up()
    tasks[0].fd_poll(4)
    tasks[0].leave("epoll_wait", 1, fd=5)
    maker.phases[-1]["waiters"] = [task.truth() for task in tasks]


TIMELINES: dict[str, tuple[Scene, list[str]]] = {
    "exclusive-one": (two_on_one_queue, ["gives up", "runs the callback", "returns from epoll"]),
}
"""By id of the claim: the scene, and words of its moments in order."""
