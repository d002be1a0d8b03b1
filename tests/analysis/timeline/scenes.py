"""Hand-made traces of a poll and an epoll_wait that sleep and are woken."""

from __future__ import annotations

from tests.analysis.handmade import EPOLL_CTL_ADD, WAITER, WAKER, Maker
from tests.analysis.tasks import CALLBACK, SLEEPER, Task
from tracer.shared.records import TIMEOUT_INFINITE, ListState, StepKind

FDS = (4, 6, 8)
EPFD = 10
ENTRIES = {4: 0x1000, 6: 0x1001, 8: 0x1002}
OWN = 0x2000
INSTANCE = 0x3000


def poll_of_three(maker: Maker) -> None:
    """A poll that queues three entries, sleeps, is woken by a write and finds the third ready."""
    maker.phase("poll", fds=FDS, active=FDS[2:], waker="while-asleep", rounds=1)
    began, seq = maker.now_ns, maker.next_seq()
    for fd, entry in ENTRIES.items():
        maker.step(StepKind.INSERTION, "add_wait_queue", seq=seq, fd=fd, entry=entry)
        maker.step(StepKind.FD_POLL, "sock_poll", seq=seq, fd=fd, value=4)
    maker.step(StepKind.SWITCH_OUT, "sched_switch", seq=seq)
    waker = {"pid": WAKER, "tid": WAKER, "owner_pid": WAITER, "owner_tid": WAITER, "seq": 1}
    write_began = maker.now_ns
    maker.step(StepKind.CALLBACK, "pollwake", entry=ENTRIES[8], value=1, **waker)
    maker.step(StepKind.WAKEUP, "sched_waking", **waker)
    maker.step(StepKind.SWITCH_IN, "sched_switch", seq=seq)
    for fd in FDS:
        maker.step(StepKind.FD_POLL, "sock_poll", seq=seq, fd=fd, value=5 if fd == 8 else 4)
    for entry in ENTRIES.values():
        maker.step(StepKind.REMOVAL, "remove_wait_queue", seq=seq, entry=entry)
    ended = maker.now_ns
    maker.call("write", 1, tid=WAKER, fd=9, enter_ns=write_began, exit_ns=write_began + 15)
    maker.call("poll", 1, enter_ns=began, exit_ns=ended, nr=3, fd_polls=6, notified=1, sleeps=1)


def epoll_asleep(maker: Maker, *, wakes: bool = True, reads: bool = False) -> None:
    """Three fds are added; an epoll_wait sleeps, the callback of the third wakes it.

    ``wakes``: if not, the callback wakes nobody, and the wait times out. ``reads``: the probes read
    the epoll instance as the wait fell asleep, and as the callback ended.
    """
    maker.phase("epoll", fds=FDS, active=FDS[2:], waker="while-asleep", rounds=1)
    waiter, waker = Task(maker, WAITER), Task(maker, WAKER)
    for fd in FDS:
        waiter.enter()
        waiter.insert(ENTRIES[fd], fd)
        waiter.leave("epoll_ctl", 0, op=EPOLL_CTL_ADD, fd=EPFD, target=fd)
    waiter.enter()
    waiter.sleep()
    if reads:
        state(maker, "sched_switch", ListState.SLEEPER, owner_tid=WAITER)
    waker.enter()
    waker.call_back(CALLBACK, ENTRIES[8], waiter, fd=8)
    if reads:
        listed = ListState.READY | ListState.LISTED if wakes else ListState(0)
        state(maker, "ep_poll_callback_done", listed, entry=ENTRIES[8], tid=WAKER)
    if wakes:
        waker.call_back(SLEEPER, OWN, waiter)
        waker.wake(waiter)
    waker.leave("write", 1, fd=9)
    waiter.get_up()
    if wakes:
        waiter.fd_poll(8)
    waiter.leave("epoll_wait", int(wakes), fd=EPFD, nr=3, timeout_ns=TIMEOUT_INFINITE)


def state(maker: Maker, hook: str, what: ListState, **fields: int) -> None:
    """Add the state of an epoll instance, as read by ``hook``."""
    maker.step(StepKind.INSTANCE, hook=hook, object=INSTANCE, value=int(what), **fields)


def helper_first(maker: Maker) -> None:
    """The waker waits in a read, which sleeps and is woken, before the waiter's poll does."""
    maker.phase("poll", fds=FDS, active=FDS[2:], waker="while-asleep", rounds=1)
    maker.call("read", 8, tid=WAKER, fd=17, sleeps=1, notified=1, wakeups=1)
    maker.call("poll", 1, nr=3, fd_polls=3)
