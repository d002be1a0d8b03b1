"""Hand-made phases of several waiters for one fd."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tests.analysis.handmade import WAITER, Maker
from tests.analysis.tasks import CALLBACK, POLLWAKE, SLEEPER, Task
from tracer.shared.records import StepKind

FD = 4
FIRST_TID = 81
Choose = Callable[[Sequence[Task], int], Sequence[Task]]
"""Takes the waiters, in the order they fell asleep, and the event's number; returns those to be
woken.
"""


def all_of_them(asleep: Sequence[Task], _number: int) -> Sequence[Task]:
    return asleep


def last(asleep: Sequence[Task], _number: int) -> Sequence[Task]:
    return asleep[-1:]


def first(asleep: Sequence[Task], _number: int) -> Sequence[Task]:
    return asleep[:1]


def none_of_them(_asleep: Sequence[Task], _number: int) -> Sequence[Task]:
    return ()


def first_then_last(asleep: Sequence[Task], number: int) -> Sequence[Task]:
    return asleep[-1:] if number else asleep[:1]


def two_once(asleep: Sequence[Task], number: int) -> Sequence[Task]:
    return asleep[-1:] if number else asleep[-2:]


def herd(
    maker: Maker,
    model: str,
    choose: Choose,
    *,
    trigger: str = "level",
    waiters: int = 3,
    events: int = 4,
    chain: int = 0,
    leave: bool = False,
    awake: bool = False,
) -> None:
    """``events`` writes; each wakes whom ``choose`` says, then the first of them ``chain`` others.

    ``leave``: a woken waiter does not wait again; ``awake``: a waiter was preempted and does not
    sleep.
    """
    maker.phase(model, fds=(FD,), active=(FD,), rounds=events, trigger=trigger, leave=leave,
                waiters=waiters, results={"writer": FD})  # fmt: skip
    parent = Task(maker, WAITER)
    tasks = [Task(maker, FIRST_TID + number) for number in range(waiters)]
    call = "poll" if model == "poll-herd" else "epoll_wait"
    asleep: list[Task] = []
    for task in tasks:
        _wait(task, call)
        asleep.append(task)
    if awake:
        asleep[0].get_up()
        asleep[0].sleep(forced=True)
    for number in range(events):
        parent.enter()
        woken = [_woken(parent, task, call) for task in choose(asleep, number)]
        parent.leave("write", 8, fd=FD)
        rest = [task for task in asleep if task not in woken]
        others = [_woken(woken[0], task, call) for task in rest[::-1][:chain] if woken]
        for task in (*woken, *others):
            _return(task, call)
            asleep.remove(task)
            if not leave:
                _wait(task, call)
                asleep.append(task)
    for task in list(asleep):
        _woken(parent, task, call)
        _return(task, call)
    maker.phases[-1]["waiters"] = [task.truth() for task in tasks]


def _wait(task: Task, call: str) -> None:
    task.enter()
    if call == "poll":
        task.insert(task.tid << 8, FD)
    task.sleep()


def _woken(by: Task, task: Task, call: str) -> Task:
    by.call_back(POLLWAKE if call == "poll" else SLEEPER, task.tid << 8, task)
    by.wake(task)
    return task


def _return(task: Task, call: str) -> None:
    task.get_up()
    if call == "poll":
        task.drop(task.tid << 8)
    task.leave(call, 1)


def two_on_one_queue(maker: Maker) -> None:
    """Two tasks wait for one fd, each with its own instance; only the first's callback runs."""
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
