"""Calls in which the points of this topic's claims are seen, and what is told of them."""

from __future__ import annotations

from tests.analysis.claims.async_io.scenes import aio_poll, uring
from tests.analysis.handmade import WAITER, WAKER, Maker
from tests.analysis.making import Scene, scene
from tests.analysis.tasks import Task
from tracer.shared.records import StepKind


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


TIMELINES: dict[str, tuple[Scene, list[str]]] = {
    "sigio-no-entry": (
        signalled,
        ["puts fd 4 on", "calls rt_sigtimedwait", "sends the signal", "runnable", "calls read"],
    ),
    "aio-poll-entry": (scene(aio_poll, asleep=True), ["calls io_submit", "calls io_getevents"]),
    "uring-poll-oneshot": (
        scene(uring, asleep=True),
        ["3 requests", "waits for 1 completion", "queues an entry"],
    ),
    "uring-poll-multishot": (
        scene(uring, shot="multishot", asleep=True),
        ["3 requests", "waits for 1 completion", "waits for 1 completion"],
    ),
}
"""By id of the claim: the scene, and words of its moments in order."""
