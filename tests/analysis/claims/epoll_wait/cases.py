"""The cases of the claims on waiting and waking with epoll."""

from __future__ import annotations

from collections.abc import Mapping

from analysis.verdicts.engine import CORRECTED, REFUTED, SUPPORTED
from tests.analysis.claims.epoll_wait.scenes import written_before
from tests.analysis.claims.fits_words import Fits, Numbers, between, chain
from tests.analysis.epoll_scenes import Odd
from tests.analysis.making import (
    UNDECIDED,
    Cases,
    Scene,
    epoll,
    poll_asleep,
    steps,
    vain,
)
from tests.analysis.scenes import SLEPT
from tests.analysis.timeline.scenes import epoll_asleep

NO_CALLBACK = Odd(woken=())
UNSEEN = Odd(nested=False)
DIRECT = Odd(direct=True)
PULLED = Odd(pulled=True)
DURING = Odd(during=True)
READ = Odd(queued=True, listed=True)
NOT_LISTED = Odd(queued=True, listed=False)
NOT_QUEUED = Odd(queued=False, listed=True)
EPOLL_ONLY_ACTIVE: Cases = {
    SUPPORTED: [steps(epoll(), epoll(asleep=True, active=(3, 4)))],
    CORRECTED: [
        steps(epoll(odd=Odd(woken=(0, 40)))),
        steps(epoll(active=(39, 40), odd=Odd(woken=(40,)))),
    ],
    REFUTED: [
        steps(epoll(odd=Odd(woken=tuple(range(41))))),
        steps(epoll(odd=NO_CALLBACK)),
    ],
    UNDECIDED: [
        steps(epoll(n=1, active=(0,))),
        steps(epoll(odd=NO_CALLBACK, returned=())),
    ],
}
CALLBACK_FILLS_LIST: Cases = {
    SUPPORTED: [
        steps(epoll(asleep=True), epoll()),
        steps(epoll(asleep=True, odd=READ), epoll(odd=READ)),
    ],
    CORRECTED: [
        steps(epoll(asleep=True), epoll(asleep=True, odd=UNSEEN)),
        steps(epoll(asleep=True, odd=READ), epoll(asleep=True, odd=NOT_LISTED)),
    ],
    REFUTED: [
        steps(epoll(asleep=True, odd=UNSEEN)),
        steps(epoll(asleep=True, odd=NOT_LISTED)),
        steps(epoll(asleep=True, odd=NO_CALLBACK)),
        steps(epoll(asleep=True, returned=(3,))),
    ],
    UNDECIDED: [steps(epoll())],
}
EPOLL_KERNEL_PUSHES: Cases = {
    SUPPORTED: [
        steps(epoll(), epoll(asleep=True), vain()),
        steps(epoll(odd=DURING)),
    ],
    CORRECTED: [steps(epoll(asleep=True), epoll(odd=PULLED))],
    REFUTED: [steps(epoll(odd=PULLED))],
    UNDECIDED: [steps(epoll(odd=NO_CALLBACK))],
}
ENTRY_IS_CURRENT: Cases = {
    REFUTED: [
        steps(epoll(), epoll(asleep=True)),
        steps(epoll(asleep=True), poll_asleep()),
    ],
    CORRECTED: [steps(epoll(), epoll(asleep=True, odd=DIRECT))],
    SUPPORTED: [steps(epoll(asleep=True, odd=DIRECT))],
    UNDECIDED: [
        steps(epoll(asleep=True, add={"insertions": 0}, odd=Odd(woken=(), nested=False))),
        steps(epoll(odd=NO_CALLBACK)),
        steps(epoll(asleep=True, odd=NO_CALLBACK)),
    ],
}  # fmt: skip
EPOLL_WAIT_CHECKS_LIST: Cases = {
    REFUTED: [
        steps(epoll(), epoll(asleep=True), epoll(n=101, active=(3, 4)), vain()),
        steps(epoll(asleep=True, fd_polls=0)),
        steps(epoll(asleep=True, fd_polls=82), epoll(fd_polls=41)),
    ],
    CORRECTED: [
        steps(epoll(asleep=True), epoll(asleep=True, fd_polls=1009)),
        steps(epoll(asleep=True, fd_polls=2), epoll(fd_polls=41)),
    ],
    SUPPORTED: [steps(epoll(), epoll(asleep=True, fd_polls=23))],
    UNDECIDED: [steps(epoll())],
}
BUSY = {"sleep_calls": 0, "sleeps": 0, "wakeups": 0, "off_cpu_ns": 0}
EPOLL_OWN_QUEUE: Cases = {
    SUPPORTED: [
        steps(epoll(), epoll(asleep=True)),
        steps(epoll(odd=READ), epoll(asleep=True, odd=READ)),
    ],
    CORRECTED: [
        steps(epoll(asleep=True, odd=NOT_QUEUED)),
        steps(epoll(asleep=True, insertions=41)),
        steps(epoll(asleep=True), epoll(asleep=True, odd=UNSEEN)),
    ],
    REFUTED: [
        steps(epoll(asleep=True, insertions=41, odd=UNSEEN)),
        steps(epoll(asleep=True, odd=DIRECT)),
    ],
    UNDECIDED: [
        steps(epoll()),
        steps(epoll(asleep=True, **BUSY)),
    ],
}
EPOLL_OWN_QUEUE_ONCE: Cases = {
    CORRECTED: [
        steps(epoll(odd=READ), epoll(asleep=True, odd=READ)),
        steps(epoll(), epoll(asleep=True), vain()),
        steps(epoll(), epoll(asleep=True), epoll(odd=DURING)),
        steps(epoll(sleep_calls=1, **SLEPT), epoll(asleep=True, sleep_calls=2)),
        steps(epoll(odd=DURING, notified=1), epoll(asleep=True, sleep_calls=2)),
        steps(epoll(odd=DURING, notified=1), epoll(odd=DURING), epoll(asleep=True)),
    ],
    SUPPORTED: [
        steps(epoll(sleep_calls=1, **SLEPT), epoll(asleep=True), vain()),
        steps(epoll(odd=DURING, notified=1), epoll(asleep=True)),
        steps(epoll(), epoll(odd=DURING, notified=1), epoll(asleep=True)),
    ],
    REFUTED: [steps(epoll(), epoll(asleep=True, notified=0))],
    UNDECIDED: [steps(epoll()), steps(epoll(asleep=True), vain())],
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

TIMELINES: dict[str, tuple[Scene, list[str]]] = {
    "epoll-kernel-pushes": (epoll_asleep, ["gives up", "calls write", "runs the callback"]),
    "callback-fills-list": (epoll_asleep, ["puts it on the ready list", "polls fd 8"]),
    "epoll-own-queue": (epoll_asleep, ["gives up", "epoll instance's own queue"]),
    "entry-is-current": (written_before, ["calls write", "runs the callback", "calls epoll_wait"]),
}
"""The scene of a timeline, and words of its moments in order."""

SLEPT_ON_FD = "of them by an entry on an fd's queue"
OWN_WAIT = "of them by the waiter's own epoll_wait"


def pushed(n: Numbers) -> int:
    """Return how many callbacks ran inside a write, not in the waiter's epoll_wait."""
    return min(n["callbacks"] - n[OWN_WAIT], n["of them inside a write"])


FITS: Mapping[str, Mapping[str, Fits]] = {
    "entry-is-current": {
        "The entry that": lambda n: (
            n[SLEPT_ON_FD] == n["wakeups of the task asleep in epoll_wait"] > 0
            and n["runs of ep_poll_callback on them"] == 0
        ),
        "What epoll_ctl queues": lambda n: (
            n[SLEPT_ON_FD] == 0 and n["runs of ep_poll_callback on them"] > 0
        ),
        "Some entries on the fds'": lambda n: (
            n[SLEPT_ON_FD] > 0 and n["runs of ep_poll_callback on them"] > 0
        ),
    },
    "epoll-only-active": {
        "Only an fd": lambda n: (
            n["callbacks of active fds"] >= n["events delivered"]
            and n["callbacks of idle fds"] == n["idle fds that ran one"] == 0
        ),
        "Some idle fds": lambda n: (
            n["callbacks of active fds"] > 0
            and n["idle fds that ran one"] < n["idle fds"]
            and (
                n["idle fds that ran one"] > 0
                or n["callbacks of active fds"] < n["events delivered"]
            )
        ),
        "Callbacks do not tell": lambda n: (
            n["callbacks of active fds"] == 0 or n["idle fds that ran one"] == n["idle fds"]
        ),
    },
    "epoll-kernel-pushes": {
        "Whoever makes": lambda n: pushed(n) == n["callbacks"],
        "Some callbacks": lambda n: 0 < pushed(n) < n["callbacks"],
        "Callbacks are run": lambda n: pushed(n) == 0 < n["callbacks"],
    },
    "callback-fills-list": {
        "The callback puts": lambda n: set(chain(n)) == {n["epoll_waits that slept"]},
        "For some": lambda n: between(n, "whole chain", "epoll_waits that slept"),
        "No epoll_wait": lambda n: n["whole chain"] == 0,
    },
    "epoll-wait-checks-list": {
        "epoll_wait goes over its ready list more often": lambda n: (
            0 < n["of them with more polls"] <= n["of them slept"]
            and n["polls of fds per call with 41 fds, most"] <= 41
        ),
        "epoll_wait goes over its ready list at most once": lambda n: (
            n["of them with more polls"] == 0
        ),
        "epoll_wait polls every fd": lambda n: n["polls of fds"] >= 41 * n["epoll_waits"],
        "Some epoll_waits that sleep": lambda n: (
            (
                0 < n["of them with more polls"] < n["epoll_waits"]
                and n["polls of fds"] < 41 * n["epoll_waits"]
            )
            or n["polls of fds per call with 41 fds, most"] > 41
        ),
    },
    "epoll-own-queue": {
        "epoll_wait queues nothing": lambda n: (
            n["entries they queued on the fds' queues"] == 0
            and n["of them woken by an entry of their own"]
            == n.get(
                "of them seen on the instance's own queue while they slept",
                n["epoll_waits that slept until an event"],
            )
            == n["epoll_waits that slept until an event"]
        ),
        "Not every": lambda n: (
            n["of them woken by an entry of their own"] > 0
            and (
                n["of them woken by an entry of their own"]
                < n["epoll_waits that slept until an event"]
                or n["entries they queued on the fds' queues"] > 0
                or n["of them seen on the instance's own queue while they slept"]
                < n["epoll_waits that slept until an event"]
            )
        ),
        "No epoll_wait": lambda n: n["of them woken by an entry of their own"] == 0,
    },
    "epoll-own-queue-once": {
        "Every epoll_wait": lambda n: (
            n["of those found such an entry"] == n["callbacks during those"]
            and (n["callbacks during those"] > 0 or n["epoll_waits that did not sleep"] == 0)
        ),
        "epoll_wait queues its caller": lambda n: (
            n["of those found such an entry"] == 0
            and n["of them found such an entry"] >= n["of them woken by an event"] > 0
        ),
        "epoll_wait does not always": lambda n: (
            n["of those found such an entry"] > 0
            or 0 < n["of them found such an entry"] < n["of them woken by an event"]
        ),
        "An epoll_wait that sleeps": lambda n: n["wakeups by their own entry, median"] == 0,
    },
}
"""What a verdict's numbers must be for its answer, given by its first words."""
