"""Hand-made phases of signal-driven I/O; see scenes.py."""

from __future__ import annotations

from typing import Final

from tests.analysis.claims.async_io.scenes import queue_and_remove
from tests.analysis.handmade import WAITER, WAKER, Maker
from tests.analysis.scenes import fds_of
from tests.analysis.tasks import Task
from tracer.shared.records import StepKind

SIGNAL: Final = 35


def sigio(
    maker: Maker,
    *,
    n: int = 3,
    rounds: int = 4,
    listed: bool = True,
    queued: int = 0,
    sent: int = 1,
    taken: int = 1,
    idle: int = 0,
) -> None:
    """The last of ``n`` fds sends ``sent`` signals per event, of which ``taken`` are taken.

    ``queued``: entries that each wait queues and removes; ``idle``: signals for the first fd.
    """
    fds = fds_of(n)
    maker.phase("sigio", fds=fds, active=fds[-1:], rounds=rounds)
    for fd in fds:
        for _ in range(2):
            maker.call("fcntl", 0, fd=fd)
        if listed:
            maker.step(StepKind.FUNCTION, "fasync_helper", seq=maker.next_seq(), fd=fd, value=1)
        maker.call("fcntl", 0, fd=fd)
    for _ in range(rounds):
        for fd in (*fds[-1:] * sent, *fds[:1] * idle):
            maker.step(StepKind.FUNCTION, "send_sigio", seq=maker.next_seq(), fd=fd, value=1)
        maker.call("write", 1, fd=5)
        for _ in range(taken):
            queue_and_remove(maker, queued)
            maker.call("rt_sigtimedwait", SIGNAL, insertions=queued, removals=queued)
        maker.call("read", 1, fd=fds[-1])


def signalled(maker: Maker) -> None:
    maker.phase("sigio", fds=(4,), active=(4,), waker="while-asleep")
    waiter, waker = Task(maker, WAITER), Task(maker, WAKER)
    maker.call("fcntl", 0, fd=4, op=8)
    waiter.enter()
    maker.step(StepKind.FUNCTION, "fasync_helper", seq=maker.next_seq(), fd=4, value=1)
    waiter.leave("fcntl", 0, fd=4, op=4)
    waiter.enter()
    waiter.sleep()
    waker.enter()
    maker.step(StepKind.FUNCTION, "send_sigio", pid=WAKER, tid=WAKER, seq=1, fd=4, value=1)
    waker.wake(waiter)
    waker.leave("write", 1, fd=5)
    waiter.get_up()
    waiter.leave("rt_sigtimedwait", 35)
    maker.call("read", 1, fd=4)
