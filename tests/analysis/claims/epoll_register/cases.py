"""The cases of the claims on registering fds with epoll."""

from __future__ import annotations

from collections.abc import Mapping

from analysis.verdicts.engine import CORRECTED, REFUTED, SUPPORTED
from tests.analysis.claims.fits_words import Fits, between
from tests.analysis.epoll_scenes import Odd
from tests.analysis.making import (
    UNDECIDED,
    Cases,
    Scene,
    both,
    epoll,
    made,
    memory,
    steps,
    vain,
)
from tests.analysis.timeline.scenes import epoll_asleep

NO_CALLBACK = Odd(woken=())
QUEUE_ONCE_AT_CTL: Cases = {
    SUPPORTED: [
        made(epoll(), both(ready=41)),
        steps(epoll()),
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
        steps(epoll(), epoll(asleep=True, active=(3, 4)), vain()),
    ],
    CORRECTED: [
        steps(epoll(active=(39, 40), odd=Odd(woken=(40,)))),
        steps(epoll(), epoll(dropped=True, odd=NO_CALLBACK)),
    ],
    REFUTED: [
        steps(epoll(odd=NO_CALLBACK)),
        steps(epoll(dropped=True, odd=NO_CALLBACK)),
        steps(epoll(add={"insertions": 0}, odd=NO_CALLBACK)),
    ],
    UNDECIDED: [
        steps(vain()),
        steps(epoll(odd=NO_CALLBACK, returned=())),
    ],
}
CTL_COPIES_ONCE: Cases = {
    CORRECTED: [
        steps(epoll(), epoll(asleep=True)),
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
        steps(epoll()),
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


TIMELINES: dict[str, tuple[Scene, list[str]]] = {
    "epoll-ctl-event-driven": (
        epoll_asleep,
        ["is to watch fd 8", "queues an entry", "calls epoll_wait", "runs the callback of fd 8"],
    ),
}
"""The scene of a timeline, and words of its moments in order."""

ALL_FDS = "of them copied as much as the whole set"
AGAIN = "of them copied as much as the whole set in"


FITS: Mapping[str, Mapping[str, Fits]] = {
    "epoll-ctl-event-driven": {
        "epoll_ctl leaves": lambda n: (
            n["of them with an entry that stayed queued until the last wait"] == n["active fds"]
            and n["of them with a callback on it for each event"] == n["active fds"]
            and n["callbacks on these entries"] >= n["events delivered"]
        ),
        "Some fds keep": lambda n: between(
            n, "of them with a callback on it for each event", "active fds"
        ),
        "The entry that": lambda n: (
            n["of them with an entry that stayed queued until the last wait"] == 0
            or n["of them with a callback on it for each event"] == 0
        ),
    },
    "queue-once-at-ctl": {
        "EPOLL_CTL_ADD queues one": lambda n: (
            n["of them with one insertion"] == n["EPOLL_CTL_ADD"]
            and n["of them with an insertion"] == n["insertions at epoll_wait"] == 0
        ),
        "EPOLL_CTL_ADD does not": lambda n: (
            n["of them with one insertion"] < n["EPOLL_CTL_ADD"]
            or between(n, "of them with an insertion", "epoll_wait")
        ),
        "EPOLL_CTL_ADD queues no": lambda n: (
            n["of them with an insertion"] == n["epoll_wait"]
            or n["of them with one insertion"] == 0
        ),
    },
    "ctl-copies-once": {
        "Each EPOLL_CTL_ADD": lambda n: n[ALL_FDS] == n["EPOLL_CTL_ADD"] and n[AGAIN] == 0,
        "EPOLL_CTL_ADD copies in only": lambda n: (
            n["of them copied 12 bytes, one fd's"] == n["EPOLL_CTL_ADD"] and n[AGAIN] == 0
        ),
        "EPOLL_CTL_ADD copies fds in, but": lambda n: (
            n["of them copied 12 bytes, one fd's"] < n["EPOLL_CTL_ADD"]
            and n["bytes in at ADD, in all"] > 0
        ),
        "The fds are copied in by": lambda n: n[AGAIN] > 0 and n[ALL_FDS] == 0,
    },
    "wait-copies-nothing-in": {
        "epoll_wait copies no": lambda n: n["bytes in per epoll_wait, most"] == 0,
        "Some epoll_waits": lambda n: (
            n["bytes in per epoll_wait, most"] > 0
            and n["bytes in per epoll_wait, median"] < 12 * n["watched fds, most"]
        ),
        "Each epoll_wait": lambda n: (
            n["bytes in per epoll_wait, median"] >= 12 * n["watched fds, most"]
        ),
    },
    "epoll-mmap": {
        "An epoll fd can be mapped": lambda n: (
            n["mappings of eventpoll"] > 0
            and n["buffers changed before epoll_wait"] == n["buffers"]
        ),
        "epoll shares no memory": lambda n: (
            n.get("mmap(epfd) failed with errno (ENODEV)") == 19
            and n["mappings of eventpoll"] == n["buffers changed before epoll_wait"] == 0
            and n["buffers changed by 12 bytes per event only"] == n["buffers"]
            and n["events kept after that"] > 0
        ),
        "Some signs": lambda n: (
            n["mappings of eventpoll"] > 0
            or n["buffers changed by 12 bytes per event only"] < n["buffers"]
            or "mmap(epfd) failed with errno (ENODEV)" not in n
            or n["events kept after that"] == 0
        ),
    },
}
"""What a verdict's numbers must be for its answer, given by its first words."""
