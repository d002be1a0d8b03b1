"""For each rule a hand-made trace in which it finds something, and its mended twin."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from tests.analysis.handmade import MS, WAITER, WAKER, Maker
from tracer.shared.records import Life, StepKind

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
    detail: str = "calls"
    """The detail of its recording."""


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


def turns(*reads_of_turn: int, events: int = EPOLLIN) -> Make:
    """Make turns of a loop whose wait returns at once, with reads that ask for 100 bytes."""

    def made(maker: Maker) -> None:
        ctl(maker, ADD, events)
        for _ in range(ROUNDS):
            maker.call("epoll_wait", 1, fd=EPOLL, nr=64)
            for ret in reads_of_turn:
                maker.call("recvfrom", ret, fd=FD, nr=100)

    return made


def accepted(connections: int) -> Make:
    def made(maker: Maker) -> None:
        for _ in range(3):
            maker.call("epoll_wait", 1, fd=EPOLL, nr=64)
            for number in range(connections):
                maker.call("accept4", 10 + number, fd=FD)

    return made


def taken(*events: int) -> Make:
    """Let threads of one process take so many events from one instance, one at a time."""

    def made(maker: Maker) -> None:
        for number, count in enumerate(events):
            for _ in range(count):
                maker.call("epoll_wait", 1, fd=EPOLL, nr=64, pid=WAITER, tid=WAITER + number)

    return made


def used(most: int) -> Make:
    """Use ten watched fds ten times each, one of them ``most`` times."""

    def made(maker: Maker) -> None:
        for fd in range(100, 110):
            ctl(maker, ADD, fd=fd)
            for _ in range(10 if fd < 109 else most):
                maker.call("read", 1, fd=fd)

    return made


def forked(made_by: int) -> Make:
    """Let two children wait on fd 4, made by their parent, or by each of them."""

    def made(maker: Maker) -> None:
        maker.task(WAITER, "server")
        maker.call("epoll_create1", EPOLL, tid=WAITER)
        for pid in (81, 82):
            maker.task(pid, "server", Life.FORKED, parent=WAITER)
            if made_by != WAITER:
                maker.call("epoll_create1", EPOLL, tid=pid)
            for _ in range(7):
                maker.call("epoll_wait", 1, fd=EPOLL, nr=64, tid=pid)

    return made


def fired(*before: str) -> Make:
    """Close fd 7, with or without removing it first, and let events come for it."""

    def made(maker: Maker) -> None:
        ctl(maker, ADD)
        maker.call("close", 0, fd=FD)
        if "added" in before:
            ctl(maker, ADD)
        for _ in range(7):
            maker.step(StepKind.CALLBACK, "ep_poll_callback", pid=WAKER, tid=WAKER, fd=FD,
                       owner_pid=WAITER, owner_tid=WAITER, value=1)  # fmt: skip

    return made


def late(wait_ns: int) -> Make:
    """Wake a poll, let its thread run that much later, and return 1,000 ns after that."""

    def made(maker: Maker) -> None:
        seq = maker.next_seq()
        began = maker.now_ns
        maker.step(StepKind.SWITCH_OUT, "sched_switch", owner_pid=WAITER, owner_tid=WAITER, seq=seq)
        maker.step(StepKind.WAKEUP, "sched_waking", pid=WAKER, tid=WAKER,
                   owner_pid=WAITER, owner_tid=WAITER)  # fmt: skip
        maker.now_ns += wait_ns - 10
        maker.step(StepKind.SWITCH_IN, "sched_switch", owner_pid=WAITER, owner_tid=WAITER, seq=seq)
        wall_ns = maker.now_ns - 10 + 1000 - began
        maker.now_ns = began
        maker.call("poll", 1, nr=1, wall_ns=wall_ns, sleeps=1, wakeups=1)

    return times(made)


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
    "left-unread": Case(
        turns(100), turns(40), {"reads": 23, "left": 22, "bytes_asked_for": 100}
    ),
    "small-reads": Case(
        turns(100, 100, 100, 40), turns(40),
        {"reads": 92, "again": 69, "events": 23, "bytes_per_read": 85},
    ),
    "accept-storm": Case(
        accepted(41), accepted(7),
        {"times": 3, "accepts": 123, "most_accepts": 41, "most_ns": 41 * 1010 - 10},
    ),
    "uneven-threads": Case(
        taken(200, 30, 11), taken(80, 70, 30),
        {"all": 241, "busiest": 200, "others": 2, "mean_of_others": 20.5},
    ),
    "dominant-fd": Case(used(500), used(30), {"fds": 10, "uses": 590, "uses_of_one": 500}),
    "inherited-instance": Case(
        forked(WAITER), forked(0), {"processes": 2, "waits": 14}
    ),
    "events-after-close": Case(fired(), fired("added"), {"fired": 7}, "steps"),
    "late-wakeups": Case(
        late(2 * MS), late(7000),
        {"wakeups": 23, "late": 23, "run_p50_ns": 2 * MS, "run_p99_ns": 2 * MS,
         "run_max_ns": 2 * MS, "return_p50_ns": 2 * MS + 1000, "return_p99_ns": 2 * MS + 1000,
         "return_max_ns": 2 * MS + 1000},
        "steps",
    ),
}  # fmt: skip
"""Cases by rule id."""
