"""For each rule a hand-made trace that it finds something in, and its mended twin."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from tests.analysis.handmade import MS, WAITER, WAKER, Maker

EAGAIN: Final = -11
EPOLL, FD, ADD, DEL, MOD = 4, 7, 1, 2, 3
EPOLLIN, ONESHOT, EXCLUSIVE = 1, 1 << 30, 1 << 28
ROUNDS: Final = 23

Make = Callable[[Maker], None]


class Case(NamedTuple):
    """``faulty`` makes a trace in which the rule finds these ``numbers``; ``mended`` none."""

    faulty: Make
    mended: Make
    numbers: dict[str, float]


def times(make: Make, rounds: int = ROUNDS) -> Make:
    def made(maker: Maker) -> None:
        for _ in range(rounds):
            make(maker)

    return made


def polls(ret: int, timeout_ns: int) -> Make:
    return times(lambda maker: maker.call("poll", ret, timeout_ns=timeout_ns, nr=1))


def batches(maxevents: int) -> Make:
    def made(maker: Maker) -> None:
        for _ in range(ROUNDS):
            maker.call("epoll_wait", 2, fd=EPOLL, nr=maxevents)

    return made


def ctl(maker: Maker, op: int, events: int = EPOLLIN, ret: int = 0, fd: int = FD) -> None:
    maker.call("epoll_ctl", ret, fd=EPOLL, target=fd, op=op, nr=0 if op == DEL else events)


def readded(closed: bool) -> Make:
    def made(maker: Maker) -> None:
        ctl(maker, ADD)
        if closed:
            maker.call("close", 0, fd=FD)
        else:
            ctl(maker, DEL)

    return times(made)


def changed(*events: int) -> Make:
    def made(maker: Maker) -> None:
        ctl(maker, ADD, events[0])
        for number in range(ROUNDS):
            ctl(maker, MOD, events[number % len(events)])

    return made


def failing(ret: int) -> Make:
    return times(lambda maker: ctl(maker, ADD, ret=ret), 7)


def reads(*results: int) -> Make:
    def made(maker: Maker) -> None:
        for ret in results:
            maker.call("recvfrom", ret, fd=FD, nr=100)

    return times(made)


def loop(slow: str, wall_ns: int, tid: int = WAITER) -> Make:
    def made(maker: Maker) -> None:
        maker.call("epoll_wait", 1, fd=EPOLL, nr=64)
        maker.call("read", 1, fd=FD)
        maker.call(slow, 0, wall_ns=wall_ns, off_cpu_ns=wall_ns // 2, sleeps=1, tid=tid)
        if tid != WAITER:
            maker.now_ns -= wall_ns  # meanwhile

    def whole(maker: Maker) -> None:
        times(made)(maker)
        maker.now_ns += wall_ns

    return whole


def watched_read(slept_ns: int, closed: bool = False) -> Make:
    def made(maker: Maker) -> None:
        ctl(maker, ADD)
        if closed:
            maker.call("close", 0, fd=FD)
        for _ in range(ROUNDS):
            maker.call("read", 1, fd=FD, wall_ns=2 * MS, off_cpu_ns=slept_ns, sleeps=1)

    return made


def accepts(*results: int) -> Make:
    def made(maker: Maker) -> None:
        maker.call("epoll_wait", 1, fd=EPOLL, nr=64)
        for ret in results:
            maker.call("accept4", ret, fd=FD)

    return times(made)


def woken(wakeups: int) -> Make:
    return times(lambda maker: maker.call("poll", 1, nr=1, sleeps=wakeups, wakeups=wakeups))


def sets(fds: int) -> Make:
    return times(lambda maker: maker.call("poll", 1, nr=fds, timeout_ns=-1))


def shared(events: int) -> Make:
    def made(maker: Maker) -> None:
        ctl(maker, ADD, events)
        for tid in (WAITER, WAKER) * 6:
            maker.call("epoll_wait", 1, fd=EPOLL, nr=64, pid=WAITER, tid=tid)

    return made


def registered(used: int) -> Make:
    def made(maker: Maker) -> None:
        for number in range(41):
            ctl(maker, ADD, fd=100 + number)
            if number < used:
                maker.call("read", 1, fd=100 + number)

    return made


CASES: Final[dict[str, Case]] = {
    "busy-poll": Case(
        polls(0, 0), polls(1, 0), {"waits": 23, "short": 23, "vain": 23, "vain_timeout_0": 23}
    ),
    "full-batches": Case(
        batches(2), batches(3),
        {"waits_with_events": 23, "full": 23, "more_at_once": 22, "maxevents": 2,
         "events_per_wait": 2},
    ),
    "epoll-readded": Case(
        readded(closed=False), readded(closed=True),
        {"added_again": 22, "add": 23, "del": 23, "mod": 0},
    ),
    "epoll-same-events": Case(
        changed(EPOLLIN), changed(EPOLLIN, 4), {"same": 23, "mod": 23}
    ),
    "epoll-ctl-fails": Case(failing(-17), failing(0), {"failed": 7, "EEXIST": 7}),
    "empty-reads": Case(
        reads(40, EAGAIN), reads(40),
        {"reads": 46, "empty": 23, "empty_after_short": 23, "empty_after_empty": 0,
         "bytes_per_read": 20},
    ),
    "held-up": Case(
        loop("fsync", 20 * MS), loop("fsync", 20 * MS, tid=WAKER),
        {"held_up": 22, "held_up_ns": 22 * (20 * MS + 1030), "off_cpu_in_calls_ns": 22 * 10 * MS,
         "on_cpu_in_calls_ns": 22 * (10 * MS + 1000), "outside_of_calls_ns": 22 * 30,
         "between_waits": 22, "p50_ns": 20 * MS + 1030, "p99_ns": 20 * MS + 1030,
         "max_ns": 20 * MS + 1030},
    ),
    "blocking-call": Case(
        watched_read(MS), watched_read(MS, closed=True),
        {"calls": 23, "off_cpu_ns": 23 * MS, "max_off_cpu_ns": MS},
    ),
    "accept-herd": Case(
        accepts(EAGAIN), accepts(9, EAGAIN), {"woken": 23, "vain": 23, "exclusive": 0}
    ),
    "woken-in-vain": Case(woken(3), woken(1), {"waits": 23, "wakeups": 69, "vain": 46}),
    "idle-sets": Case(
        sets(100), sets(5),
        {"calls": 23, "fds_per_call": 100, "ready_per_call": 1, "kernel_ns_per_fd": 10},
    ),
    "shared-instance": Case(
        shared(EPOLLIN), shared(EPOLLIN | ONESHOT), {"threads": 2, "fds": 1, "unguarded": 1}
    ),
    "unused-fds": Case(
        registered(3), registered(41),
        {"watched": 41, "unused": 38, "uses": 3, "uses_of_one": 1},
    ),
}  # fmt: skip
"""By id of the rule."""
