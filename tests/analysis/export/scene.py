"""A hand-made trace: a poll is woken by a write, and the recording ends in the next one."""

from __future__ import annotations

from tests.analysis.handmade import WAITER, WAKER, Maker
from tracer.shared.records import TIMEOUT_INFINITE, StepKind

ADDRESS = 0xFFFF_8880_0123_4567
"""More than a double holds exactly, and more than a signed 64-bit number holds."""

FDS = (4, 6)
OWNED = {"owner_pid": WAITER, "owner_tid": WAITER}


def woken_poll(maker: Maker) -> None:
    """One phase: a poll of two fds sleeps, a write wakes it, it finds the second fd ready.

    A read fails after that, and the last call, an epoll_wait, never returns.
    """
    maker.phase("poll", fds=FDS, active=FDS[1:], waker="while-asleep", rounds=1)
    began_ns, seq = maker.now_ns, maker.next_seq()
    for place, fd in enumerate(FDS):
        entry = {"entry": ADDRESS + place, "object": ADDRESS - 8}
        maker.step(StepKind.INSERTION, "add_wait_queue", seq=seq, fd=fd, **entry, **OWNED)
        maker.step(StepKind.FD_POLL, "sock_poll", seq=seq, fd=fd, value=4, **OWNED)
    maker.step(StepKind.SWITCH_OUT, "sched_switch", seq=seq, **OWNED)
    wake(maker)
    maker.step(StepKind.SWITCH_IN, "sched_switch", seq=seq, **OWNED)
    maker.step(StepKind.SLEEP, "schedule_hrtimeout_range", seq=seq, value=-4, **OWNED)
    for fd in FDS:
        maker.step(
            StepKind.FD_POLL, "sock_poll", seq=seq, fd=fd, value=5 if fd == 6 else 4, **OWNED
        )
    for place, fd in enumerate(FDS):
        entry = {"entry": ADDRESS + place, "object": ADDRESS - 8}
        maker.step(StepKind.REMOVAL, "remove_wait_queue", seq=seq, fd=fd, **entry, **OWNED)
    maker.call("poll", 1, enter_ns=began_ns, exit_ns=maker.now_ns, nr=2, fd_polls=4, insertions=2,
               removals=2, notified=1, sleeps=1, wakeups=1, sleep_calls=1,
               timeout_ns=TIMEOUT_INFINITE)  # fmt: skip
    maker.call("read", -11, fd=6, nr=1)
    maker.call("epoll_wait", 0, fd=9, nr=64, exit_ns=0)


def wake(maker: Maker) -> None:
    """Write to the second fd: the callback of its entry runs, and the waiter is woken."""
    began_ns = maker.now_ns
    waker = {"pid": WAKER, "tid": WAKER, "seq": maker.next_seq(WAKER), "cpu": 1}
    entry = {"entry": ADDRESS + 1, "value": 1}
    maker.step(StepKind.CALLBACK, "pollwake", **waker, **OWNED, **entry)
    maker.step(StepKind.WAKEUP, "sched_waking", **waker, **OWNED)
    maker.call("write", 1, tid=WAKER, fd=7, nr=1, cpu=1, callbacks=1, enter_ns=began_ns,
               exit_ns=maker.now_ns)  # fmt: skip
