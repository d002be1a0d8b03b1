"""The cases of the claims on registering fds with epoll."""

from __future__ import annotations

from analysis.verdicts.engine import CORRECTED, REFUTED, SUPPORTED
from tests.analysis.epoll_scenes import Odd
from tests.analysis.making import (
    UNDECIDED,
    Cases,
    both,
    epoll,
    made,
    memory,
    vain,
)

NO_CALLBACK = Odd(woken=())
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
    "queue-once-at-ctl": QUEUE_ONCE_AT_CTL,
    "epoll-ctl-event-driven": EPOLL_CTL_EVENT_DRIVEN,
    "ctl-copies-once": CTL_COPIES_ONCE,
    "wait-copies-nothing-in": WAIT_COPIES_NOTHING_IN,
    "epoll-mmap": EPOLL_MMAP,
}
