"""For every claim and every verdict it declares, the traces that give that verdict.

The first trace of each claim also serves to be spoilt: test_claims.py loses records of it,
takes its hooks away, and so on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from analysis.claims.engine import CORRECTED, REFUTED, SUPPORTED, Outcome
from tests.analysis import scenes
from tests.analysis.handmade import MS, Maker

Scene = Callable[[Maker], None]
Build = Callable[[], Maker]
Cases = dict[Outcome, list[Build]]

UNDECIDED = Outcome.UNDECIDED
TRACEPOINTS_ONLY = dict.fromkeys(
    ("add_wait_queue", "prepare_to_wait", "finish_wait", "sock_poll", "_copy_from_user"), "EPERM"
)


def made(*steps: Scene, detail: str = "calls", detached: dict[str, str] | None = None) -> Build:
    """Return a function that makes a trace of ``steps`` in order."""

    def build() -> Maker:
        maker = Maker(detail=detail, detached=detached)
        for step in steps:
            step(maker)
        return maker

    return build


def scene(function: Callable[..., None], *args: Any, **kwargs: Any) -> Scene:
    """Return ``function`` of the scenes with its keywords, for a maker to come."""
    return lambda maker: function(maker, *args, **kwargs)


def blocking(**kwargs: Any) -> Scene:
    return scene(scenes.blocking, **kwargs)


def nonblocking(*args: Any, **kwargs: Any) -> Scene:
    return scene(scenes.nonblocking, *args, **kwargs)


def epoll(**kwargs: Any) -> Scene:
    return scene(scenes.epoll, **kwargs)


def memory(**kwargs: Any) -> Scene:
    return scene(scenes.epoll_memory, **kwargs)


def select_raw(**kwargs: Any) -> Scene:
    return scene(scenes.select_raw, **kwargs)


def both(**kwargs: Any) -> Scene:
    """A phase of select, then one of poll."""

    def add(maker: Maker) -> None:
        for family in ("select", "poll"):
            scenes.mux(maker, family, **kwargs)

    return add


def sweep(numbers: tuple[int, ...] = (11, 101), **kwargs: Any) -> tuple[Scene, ...]:
    """Select and poll with the first and with the last fd ready; callables are given (n, k)."""
    return tuple(
        both(n=n, ready=k, **{key: law(n, k) for key, law in kwargs.items()})
        for n in numbers
        for k in (1, n)
    )


WAITED = {"sleeps": 1, "insertions": 1, "removals": 1, "off_cpu_ns": 900}

BLOCKING_WAITS: Cases = {
    SUPPORTED: [
        made(blocking(), blocking(kind="tcp")),
        made(blocking(), detached=TRACEPOINTS_ONLY),
    ],
    CORRECTED: [made(blocking(waiting=3)), made(blocking(waiting=0), blocking(kind="tcp"))],
    REFUTED: [
        made(blocking(waiting=0)),
        made(blocking(off_cpu_ns=0, sleeps=0)),
        made(blocking(off_cpu_ns=MS)),
    ],
}
NONBLOCKING_RETURNS: Cases = {
    SUPPORTED: [
        made(nonblocking()),
        made(nonblocking(slow=1, sleeps=1, off_cpu_ns=900)),
        made(nonblocking(), detached=TRACEPOINTS_ONLY),
    ],
    CORRECTED: [made(nonblocking(slow=2, **WAITED))],
    REFUTED: [
        made(nonblocking(slow=99, **WAITED)),
        made(nonblocking(slow=99, **WAITED), detached=TRACEPOINTS_ONLY),
        made(nonblocking((1, 1), last=WAITED)),
    ],
    UNDECIDED: [
        made(nonblocking((1, 1))),
        made(nonblocking(slow=1, sleeps=1), detached=TRACEPOINTS_ONLY),
    ],
}
NONBLOCKING_REPOLLS: Cases = {
    SUPPORTED: [
        made(nonblocking()),
        made(blocking(), nonblocking((2,)), detached=TRACEPOINTS_ONLY),
    ],
    CORRECTED: [made(nonblocking((8, 1)))],
    REFUTED: [made(nonblocking((1, 1)))],
    UNDECIDED: [made(nonblocking(()))],
}
MUX_ONE_CALL: Cases = {
    SUPPORTED: [made(both(ready=1, asleep=True), both(ready=41, asleep=True))],
    CORRECTED: [
        made(both(ready=41, asleep=True, sleep_calls=2)),
        made(both(ready=41, asleep=True, insertions=23)),
        made(both(ready=41, asleep=True, more=1)),
    ],
    REFUTED: [
        made(both(ready=41, asleep=True, insertions=1)),
        made(both(ready=41, asleep=True, sleep_calls=0)),
    ],
    UNDECIDED: [made(both(n=1, ready=1, asleep=True)), made(both(ready=1))],
}
MUX_CONTINUOUS_SCAN: Cases = {
    REFUTED: [made(both(ready=41, asleep=True), both(timeout_ns=50 * MS), both(timeout_ns=0))],
    SUPPORTED: [
        made(both(ready=41, asleep=True, passes=1009, off_cpu_ns=0)),
        made(both(ready=41, asleep=True, passes=1009, sleep_calls=0)),
    ],
    CORRECTED: [
        made(both(ready=41, asleep=True), both(ready=41, asleep=True, passes=3)),
        made(both(ready=41, asleep=True, off_cpu_ns=MS)),
    ],
    UNDECIDED: [made(both(ready=41), both(timeout_ns=0))],
}
MUX_LINEAR_SCAN: Cases = {
    SUPPORTED: [made(*sweep())],
    CORRECTED: [
        made(*sweep(fd_polls=lambda _n, k: k)),
        made(*sweep(fd_polls=lambda n, _k: n // 2)),
    ],
    REFUTED: [made(*sweep(fd_polls=lambda _n, _k: 1))],
    UNDECIDED: [
        made(*sweep(numbers=(41,))),
        made(both(n=11, ready=1), both(n=101, ready=1)),
    ],
}
MUX_QUEUES_EACH_CALL: Cases = {
    CORRECTED: [
        made(*sweep(), both(ready=41, asleep=True), both(timeout_ns=0)),
        made(*sweep(insertions=lambda n, _k: n // 2)),
    ],
    SUPPORTED: [made(*sweep(insertions=lambda n, _k: n))],
    REFUTED: [made(*sweep(insertions=lambda _n, _k: 0))],
    UNDECIDED: [made(both(ready=41), both(ready=41, asleep=True))],
}
MUX_COPIES_EACH_CALL: Cases = {
    SUPPORTED: [made(*sweep()), made(*sweep(), select_raw(copied_per_set=128))],
    CORRECTED: [
        made(*sweep(), both(ready=1, bytes_in=9)),
        made(*sweep(), select_raw(copied_per_set=8)),
    ],
    REFUTED: [made(*sweep(bytes_in=lambda _n, _k: 0)), made(*sweep(), both(ready=1, bytes_in=0))],
    UNDECIDED: [made(both(timeout_ns=0))],
}
QUEUE_ONCE_AT_CTL: Cases = {
    SUPPORTED: [
        made(epoll(), both(ready=41)),
        made(epoll(), detail="steps"),
    ],
    CORRECTED: [made(epoll(add={"insertions": 2})), made(epoll(), epoll(insertions=1))],
    REFUTED: [
        made(epoll(insertions=41)),
        made(epoll(add={"insertions": 0})),
    ],
    UNDECIDED: [made(epoll(rounds=1))],
}
EPOLL_ONLY_ACTIVE: Cases = {
    SUPPORTED: [made(epoll(), epoll(asleep=True, active=(3, 4)), detail="steps")],
    CORRECTED: [
        made(epoll(woken=(0, 40)), detail="steps"),
        made(epoll(active=(39, 40), woken=(40,)), detail="steps"),
    ],
    REFUTED: [
        made(epoll(woken=tuple(range(41))), detail="steps"),
        made(epoll(woken=()), detail="steps"),
    ],
    UNDECIDED: [
        made(epoll(n=1, active=(0,)), detail="steps"),
        made(epoll(woken=(), returned=()), detail="steps"),
    ],
}
CALLBACK_FILLS_LIST: Cases = {
    SUPPORTED: [made(epoll(asleep=True), epoll(), detail="steps")],
    CORRECTED: [made(epoll(asleep=True), epoll(asleep=True, nested=False), detail="steps")],
    REFUTED: [
        made(epoll(asleep=True, nested=False), detail="steps"),
        made(epoll(asleep=True, woken=()), detail="steps"),
        made(epoll(asleep=True, returned=(3,)), detail="steps"),
    ],
    UNDECIDED: [made(epoll(), detail="steps")],
}
NO_PUT_USER = {"__put_user_nocheck_4": "inline", "__put_user_nocheck_8": "inline"}
WAIT_COPIES_NOTHING_IN: Cases = {
    SUPPORTED: [
        made(epoll(), detail="steps"),
        made(epoll(), detached=NO_PUT_USER),
        made(epoll(), memory(), detached=NO_PUT_USER),
    ],
    CORRECTED: [made(epoll(bytes_in=8)), made(epoll(), epoll(bytes_in=12 * 41))],
    REFUTED: [made(epoll(bytes_in=12 * 41))],
    UNDECIDED: [
        made(epoll(n=7, active=(0,))),
        made(epoll(add={"bytes_in": 0})),
    ],
}
EPOLL_MMAP: Cases = {
    REFUTED: [made(memory())],
    SUPPORTED: [
        made(memory(mmap_errno=0, mmap_errno_name=None, eventpoll_mappings=["7f"], early=12)),
    ],
    CORRECTED: [
        made(memory(mmap_errno=0, mmap_errno_name=None)),
        made(memory(outside=4)),
        made(memory(changed=120)),
        made(memory(events_after_efault=0)),
        made(memory(early=12)),
    ],
    UNDECIDED: [made(memory(rounds=[])), made(epoll())],
}
CASES: dict[str, Cases] = {
    "blocking-waits": BLOCKING_WAITS,
    "nonblocking-returns": NONBLOCKING_RETURNS,
    "nonblocking-repolls": NONBLOCKING_REPOLLS,
    "mux-one-call": MUX_ONE_CALL,
    "mux-continuous-scan": MUX_CONTINUOUS_SCAN,
    "mux-linear-scan": MUX_LINEAR_SCAN,
    "mux-queues-each-call": MUX_QUEUES_EACH_CALL,
    "mux-copies-each-call": MUX_COPIES_EACH_CALL,
    "queue-once-at-ctl": QUEUE_ONCE_AT_CTL,
    "epoll-only-active": EPOLL_ONLY_ACTIVE,
    "callback-fills-list": CALLBACK_FILLS_LIST,
    "wait-copies-nothing-in": WAIT_COPIES_NOTHING_IN,
    "epoll-mmap": EPOLL_MMAP,
}
