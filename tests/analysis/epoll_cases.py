"""The cases of the claims on epoll; see cases.py."""

from __future__ import annotations

from analysis.claims.engine import CORRECTED, REFUTED, SUPPORTED
from tests.analysis.epoll_scenes import Odd
from tests.analysis.making import (
    UNDECIDED,
    Cases,
    both,
    epoll,
    made,
    memory,
    poll_asleep,
    vain,
)
from tests.analysis.scenes import SLEPT

NO_CALLBACK = Odd(woken=())
UNSEEN = Odd(nested=False)
DIRECT = Odd(direct=True)
PULLED = Odd(pulled=True)
DURING = Odd(during=True)

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
    SUPPORTED: [made(epoll(asleep=True), epoll(), detail="steps")],
    CORRECTED: [made(epoll(asleep=True), epoll(asleep=True, odd=UNSEEN), detail="steps")],
    REFUTED: [
        made(epoll(asleep=True, odd=UNSEEN), detail="steps"),
        made(epoll(asleep=True, odd=NO_CALLBACK), detail="steps"),
        made(epoll(asleep=True, returned=(3,)), detail="steps"),
    ],
    UNDECIDED: [made(epoll(), detail="steps")],
}
EPOLL_CTL_EVENT_DRIVEN: Cases = {
    SUPPORTED: [
        made(epoll(), epoll(asleep=True, active=(3, 4)), vain(), detail="steps"),
    ],
    CORRECTED: [
        made(epoll(active=(39, 40), odd=Odd(woken=(40,))), detail="steps"),
        made(epoll(), epoll(dropped=True, odd=NO_CALLBACK), detail="steps"),
    ],
    REFUTED: [
        made(epoll(odd=NO_CALLBACK), detail="steps"),
        made(epoll(dropped=True, odd=NO_CALLBACK), detail="steps"),
        made(epoll(add={"insertions": 0}, odd=NO_CALLBACK), detail="steps"),
    ],
    UNDECIDED: [
        made(vain(), detail="steps"),
        made(epoll(odd=NO_CALLBACK, returned=()), detail="steps"),
    ],
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
    CORRECTED: [
        made(epoll(), epoll(asleep=True), detail="steps"),
        made(epoll(asleep=True), poll_asleep(), detail="steps"),
        made(epoll(), epoll(asleep=True, odd=DIRECT), detail="steps"),
    ],
    SUPPORTED: [made(epoll(asleep=True, odd=DIRECT), detail="steps")],
    REFUTED: [
        made(epoll(asleep=True, add={"insertions": 0}, odd=Odd(woken=(), nested=False)),
             detail="steps"),
    ],
    UNDECIDED: [
        made(epoll(odd=NO_CALLBACK), detail="steps"),
        made(epoll(asleep=True, odd=NO_CALLBACK), detail="steps"),
    ],
}  # fmt: skip
EPOLL_WAIT_CHECKS_LIST: Cases = {
    CORRECTED: [
        made(epoll(), epoll(asleep=True), epoll(n=101, active=(3, 4)), vain(), detail="steps"),
        made(epoll(asleep=True), epoll(asleep=True, fd_polls=1009), detail="steps"),
        made(epoll(asleep=True, fd_polls=2), epoll(fd_polls=41), detail="steps"),
    ],
    SUPPORTED: [made(epoll(), epoll(asleep=True, fd_polls=23), detail="steps")],
    REFUTED: [
        made(epoll(asleep=True, fd_polls=0), detail="steps"),
        made(epoll(asleep=True, fd_polls=82), epoll(fd_polls=41), detail="steps"),
    ],
    UNDECIDED: [made(epoll(), detail="steps")],
}
CTL_COPIES_ONCE: Cases = {
    CORRECTED: [
        made(epoll(), epoll(asleep=True), detail="steps"),
        made(epoll(add={"bytes_in": 12 * 41}, bytes_in=12 * 41)),
    ],
    SUPPORTED: [made(epoll(add={"bytes_in": 12 * 41}))],
    REFUTED: [
        made(epoll(bytes_in=12 * 41)),
        made(epoll(add={"bytes_in": 0}, bytes_in=12 * 41)),
    ],
    UNDECIDED: [made(epoll(add={"bytes_in": 0})), made(epoll(n=7, active=(0,)))],
}
NAPS = {"sleep_calls": 7, "sleeps": 7, "wakeups": 7}
BUSY = {"sleep_calls": 0, "sleeps": 0, "wakeups": 0, "off_cpu_ns": 0}
WAIT_NAPS: Cases = {
    REFUTED: [
        made(epoll(), epoll(asleep=True), vain(), detail="steps"),
        made(epoll(asleep=True, sleeps=2), vain(), detail="steps"),
    ],
    SUPPORTED: [
        made(epoll(asleep=True, **NAPS), vain(**NAPS), detail="steps"),
        made(vain(sleep_calls=0, wakeups=7), detail="steps"),
    ],
    CORRECTED: [
        made(
            epoll(asleep=True),
            epoll(asleep=True, active=(3, 4), **NAPS),
            vain(**NAPS),
            detail="steps",
        ),
        made(epoll(asleep=True), vain(**BUSY), detail="steps"),
    ],
    UNDECIDED: [made(epoll(asleep=True), detail="steps"), made(epoll(), detail="steps")],
}
EPOLL_OWN_QUEUE: Cases = {
    SUPPORTED: [made(epoll(), epoll(asleep=True), detail="steps")],
    CORRECTED: [
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
EPOLL_CASES: dict[str, Cases] = {
    "queue-once-at-ctl": QUEUE_ONCE_AT_CTL,
    "epoll-only-active": EPOLL_ONLY_ACTIVE,
    "callback-fills-list": CALLBACK_FILLS_LIST,
    "epoll-ctl-event-driven": EPOLL_CTL_EVENT_DRIVEN,
    "epoll-kernel-pushes": EPOLL_KERNEL_PUSHES,
    "entry-is-current": ENTRY_IS_CURRENT,
    "epoll-wait-checks-list": EPOLL_WAIT_CHECKS_LIST,
    "ctl-copies-once": CTL_COPIES_ONCE,
    "wait-naps": WAIT_NAPS,
    "epoll-own-queue": EPOLL_OWN_QUEUE,
    "epoll-own-queue-once": EPOLL_OWN_QUEUE_ONCE,
    "wait-copies-nothing-in": WAIT_COPIES_NOTHING_IN,
    "epoll-mmap": EPOLL_MMAP,
}
