"""The cases of the claims on waiting and waking with epoll."""

from __future__ import annotations

from analysis.verdicts.engine import CORRECTED, REFUTED, SUPPORTED
from tests.analysis.epoll_scenes import Odd
from tests.analysis.making import (
    UNDECIDED,
    Cases,
    epoll,
    made,
    poll_asleep,
    vain,
)
from tests.analysis.scenes import SLEPT

NO_CALLBACK = Odd(woken=())
UNSEEN = Odd(nested=False)
DIRECT = Odd(direct=True)
PULLED = Odd(pulled=True)
DURING = Odd(during=True)
READ = Odd(queued=True, listed=True)
NOT_LISTED = Odd(queued=True, listed=False)
NOT_QUEUED = Odd(queued=False, listed=True)
EPOLL_ONLY_ACTIVE: Cases = {
    SUPPORTED: [made(epoll(), epoll(asleep=True, active=(3, 4)), detail="steps")],
    CORRECTED: [
        made(epoll(odd=Odd(woken=(0, 40))), detail="steps"),
        made(epoll(active=(39, 40), odd=Odd(woken=(40,))), detail="steps"),
    ],
    REFUTED: [
        made(epoll(odd=Odd(woken=tuple(range(41)))), detail="steps"),
        made(epoll(odd=NO_CALLBACK), detail="steps"),
    ],
    UNDECIDED: [
        made(epoll(n=1, active=(0,)), detail="steps"),
        made(epoll(odd=NO_CALLBACK, returned=()), detail="steps"),
    ],
}
CALLBACK_FILLS_LIST: Cases = {
    SUPPORTED: [
        made(epoll(asleep=True), epoll(), detail="steps"),
        made(epoll(asleep=True, odd=READ), epoll(odd=READ), detail="steps"),
    ],
    CORRECTED: [
        made(epoll(asleep=True), epoll(asleep=True, odd=UNSEEN), detail="steps"),
        made(epoll(asleep=True, odd=READ), epoll(asleep=True, odd=NOT_LISTED), detail="steps"),
    ],
    REFUTED: [
        made(epoll(asleep=True, odd=UNSEEN), detail="steps"),
        made(epoll(asleep=True, odd=NOT_LISTED), detail="steps"),
        made(epoll(asleep=True, odd=NO_CALLBACK), detail="steps"),
        made(epoll(asleep=True, returned=(3,)), detail="steps"),
    ],
    UNDECIDED: [made(epoll(), detail="steps")],
}
EPOLL_KERNEL_PUSHES: Cases = {
    SUPPORTED: [
        made(epoll(), epoll(asleep=True), vain(), detail="steps"),
        made(epoll(odd=DURING), detail="steps"),
    ],
    CORRECTED: [made(epoll(asleep=True), epoll(odd=PULLED), detail="steps")],
    REFUTED: [made(epoll(odd=PULLED), detail="steps")],
    UNDECIDED: [made(epoll(odd=NO_CALLBACK), detail="steps")],
}
ENTRY_IS_CURRENT: Cases = {
    REFUTED: [
        made(epoll(), epoll(asleep=True), detail="steps"),
        made(epoll(asleep=True), poll_asleep(), detail="steps"),
    ],
    CORRECTED: [made(epoll(), epoll(asleep=True, odd=DIRECT), detail="steps")],
    SUPPORTED: [made(epoll(asleep=True, odd=DIRECT), detail="steps")],
    UNDECIDED: [
        made(epoll(asleep=True, add={"insertions": 0}, odd=Odd(woken=(), nested=False)),
             detail="steps"),
        made(epoll(odd=NO_CALLBACK), detail="steps"),
        made(epoll(asleep=True, odd=NO_CALLBACK), detail="steps"),
    ],
}  # fmt: skip
EPOLL_WAIT_CHECKS_LIST: Cases = {
    REFUTED: [
        made(epoll(), epoll(asleep=True), epoll(n=101, active=(3, 4)), vain(), detail="steps"),
        made(epoll(asleep=True, fd_polls=0), detail="steps"),
        made(epoll(asleep=True, fd_polls=82), epoll(fd_polls=41), detail="steps"),
    ],
    CORRECTED: [
        made(epoll(asleep=True), epoll(asleep=True, fd_polls=1009), detail="steps"),
        made(epoll(asleep=True, fd_polls=2), epoll(fd_polls=41), detail="steps"),
    ],
    SUPPORTED: [made(epoll(), epoll(asleep=True, fd_polls=23), detail="steps")],
    UNDECIDED: [made(epoll(), detail="steps")],
}
BUSY = {"sleep_calls": 0, "sleeps": 0, "wakeups": 0, "off_cpu_ns": 0}
EPOLL_OWN_QUEUE: Cases = {
    SUPPORTED: [
        made(epoll(), epoll(asleep=True), detail="steps"),
        made(epoll(odd=READ), epoll(asleep=True, odd=READ), detail="steps"),
    ],
    CORRECTED: [
        made(epoll(asleep=True, odd=NOT_QUEUED), detail="steps"),
        made(epoll(asleep=True, insertions=41), detail="steps"),
        made(epoll(asleep=True), epoll(asleep=True, odd=UNSEEN), detail="steps"),
    ],
    REFUTED: [
        made(epoll(asleep=True, insertions=41, odd=UNSEEN), detail="steps"),
        made(epoll(asleep=True, odd=DIRECT), detail="steps"),
    ],
    UNDECIDED: [
        made(epoll(), detail="steps"),
        made(epoll(asleep=True, **BUSY), detail="steps"),
    ],
}
EPOLL_OWN_QUEUE_ONCE: Cases = {
    CORRECTED: [
        made(epoll(odd=READ), epoll(asleep=True, odd=READ), detail="steps"),
        made(epoll(), epoll(asleep=True), vain(), detail="steps"),
        made(epoll(), epoll(asleep=True), epoll(odd=DURING), detail="steps"),
        made(epoll(sleep_calls=1, **SLEPT), epoll(asleep=True, sleep_calls=2), detail="steps"),
        made(epoll(odd=DURING, notified=1), epoll(asleep=True, sleep_calls=2), detail="steps"),
        made(epoll(odd=DURING, notified=1), epoll(odd=DURING), epoll(asleep=True), detail="steps"),
    ],
    SUPPORTED: [
        made(epoll(sleep_calls=1, **SLEPT), epoll(asleep=True), vain(), detail="steps"),
        made(epoll(odd=DURING, notified=1), epoll(asleep=True), detail="steps"),
        made(epoll(), epoll(odd=DURING, notified=1), epoll(asleep=True), detail="steps"),
    ],
    REFUTED: [made(epoll(), epoll(asleep=True, notified=0), detail="steps")],
    UNDECIDED: [made(epoll(), detail="steps"), made(epoll(asleep=True), vain(), detail="steps")],
}

CASES: dict[str, Cases] = {
    "epoll-only-active": EPOLL_ONLY_ACTIVE,
    "callback-fills-list": CALLBACK_FILLS_LIST,
    "epoll-kernel-pushes": EPOLL_KERNEL_PUSHES,
    "entry-is-current": ENTRY_IS_CURRENT,
    "epoll-wait-checks-list": EPOLL_WAIT_CHECKS_LIST,
    "epoll-own-queue": EPOLL_OWN_QUEUE,
    "epoll-own-queue-once": EPOLL_OWN_QUEUE_ONCE,
}
