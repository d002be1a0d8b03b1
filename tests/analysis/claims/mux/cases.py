"""The cases of the claims on select and poll."""

from __future__ import annotations

from collections.abc import Mapping

from analysis.verdicts.engine import CORRECTED, REFUTED, SUPPORTED
from tests.analysis.claims.fits_words import Fits, Numbers, times
from tests.analysis.handmade import MS, WAITER, Maker
from tests.analysis.making import (
    UNDECIDED,
    Cases,
    Scene,
    both,
    made,
    select_raw,
    sweep,
)
from tests.analysis.tasks import Task
from tests.analysis.timeline.scenes import ENTRIES, FDS, poll_of_three

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
        made(both(ready=41, asleep=True, passes=21, sleep_calls=20)),
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
    REFUTED: [
        made(*sweep(fd_polls=lambda _n, _k: 1)),
        made(*sweep(fd_polls=lambda _n, _k: 0, passes=lambda _n, _k: 0)),
    ],
    UNDECIDED: [
        made(*sweep(numbers=(41,))),
        made(both(n=11, ready=1), both(n=101, ready=1)),
    ],
}
MUX_QUEUES_EACH_CALL: Cases = {
    CORRECTED: [
        made(*sweep(), both(ready=41, asleep=True), both(timeout_ns=0)),
        made(*sweep(), both(ready=7, insertions=23)),
    ],
    SUPPORTED: [made(*sweep(insertions=lambda n, _k: n))],
    REFUTED: [
        made(*sweep(insertions=lambda _n, _k: 0)),
        made(*sweep(insertions=lambda n, _k: n // 2)),
    ],
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

CASES: dict[str, Cases] = {
    "mux-one-call": MUX_ONE_CALL,
    "mux-continuous-scan": MUX_CONTINUOUS_SCAN,
    "mux-linear-scan": MUX_LINEAR_SCAN,
    "mux-queues-each-call": MUX_QUEUES_EACH_CALL,
    "mux-copies-each-call": MUX_COPIES_EACH_CALL,
}


def ready_in_the_middle(maker: Maker) -> None:
    """A poll queues entries up to the first ready fd, and goes on without queuing."""
    maker.phase("poll", fds=FDS, active=FDS[1:2], waker="before", position="middle")
    waiter = Task(maker, WAITER)
    waiter.enter()
    for fd in FDS[:2]:
        waiter.insert(ENTRIES[fd], fd)
        waiter.fd_poll(fd)
    waiter.fd_poll(8)
    for fd in FDS[:2]:
        waiter.drop(ENTRIES[fd])
    waiter.leave("poll", 1, nr=3)


TIMELINES: dict[str, tuple[Scene, list[str]]] = {
    "mux-one-call": (poll_of_three, ["queues 3 entries", "gives up", "runs the callback"]),
    "mux-queues-each-call": (
        ready_in_the_middle,
        ["queues 2 entries, one on the wait queue of each: 2 fds, 4 to 6", "polls 3 fds"],
    ),
}
"""The scene of a timeline, and words of its moments in order."""


def of_family(numbers: Numbers, family: str) -> list[tuple[int, int]]:
    """Return the bytes copied and those of the full set, as reported for calls of ``family``."""
    words = [
        (metric.split(), value) for metric, value in numbers.items() if f"by {family}" in metric
    ]
    return [(int(value), int(each[3].replace(",", ""))) for each, value in words]


FITS: Mapping[str, Mapping[str, Fits]] = {
    "mux-one-call": {
        "One call of": lambda n: (
            n["calls with an entry for every fd and one sleep"] == n["calls"] == n["rounds"]
            and n["places of the fd that ended the call"] > 1
        ),
        "A call of select or poll does not always": lambda n: (
            n["insertions, median"] > 1
            and n["sleeps, median"] > 0
            and (
                n["calls with an entry for every fd and one sleep"] < n["calls"]
                or n["calls"] != n["rounds"]
            )
        ),
        "A call of select or poll does not wait": lambda n: (
            n["insertions, median"] <= 1 or n["sleeps, median"] == 0
        ),
    },
    "mux-continuous-scan": {
        "While they wait, select": lambda n: (
            n["calls with passes that no event explains"] == n["calls that waited"]
        ),
        "select and poll go over their fds once and sleep": lambda n: (
            n["calls with passes that no event explains"] == 0
            and n["passes, median"] <= n["sleeps, median"] + 1
            and n["off the CPU, of the time waited"] >= 50
        ),
        "Some calls of select and poll scan": lambda n: (
            0 < n["calls with passes that no event explains"] < n["calls that waited"]
            or n["off the CPU, of the time waited"] < 50
        ),
    },
    "mux-linear-scan": {
        "In each pass": lambda n: (
            n["calls that polled every fd in each pass"] == n["calls"]
            and all(times(n, "polls of fds added per fd added", least=0.99, most=1.01))
        ),
        "Some passes": lambda n: (
            n["calls that polled every fd in each pass"] < n["calls"]
            and all(times(n, "polls of fds added per fd added", least=0.01))
        ),
        "select and poll do not poll": lambda n: all(
            times(n, "polls of fds added per fd added", most=0.01)
        ),
    },
    "mux-queues-each-call": {
        "Every call of select": lambda n: n["calls with an entry for every fd"] == n["calls"],
        "select and poll queue entries only up to": lambda n: (
            n["calls with entries up to the first ready fd"] == n["calls"]
            and n["insertions with timeout 0"] == 0
        ),
        "Some calls of select and poll queue": lambda n: (
            n["calls with entries up to the first ready fd"] < n["calls"] and n["insertions"] > 0
        ),
        "No call of select or poll": lambda n: n["calls with an entry for every fd"] == 0,
    },
    "mux-copies-each-call": {
        "Every call of select and poll copies in its whole": lambda n: (
            n["calls that copied the full set in"] == n["calls"]
        ),
        "Every call copies fds in: poll": lambda n: (
            all(copied == full for copied, full in of_family(n, "poll"))
            and any(copied < full for copied, full in of_family(n, "select"))
            and n["calls that copied something in"] == n["calls"]
        ),
        "Every call of select and poll copies fds in, but": lambda n: (
            any(copied < full for copied, full in of_family(n, "poll"))
            and n["calls that copied something in"] == n["calls"]
        ),
        "Some calls": lambda n: (
            n["calls that copied something in"] < n["calls"]
            or n["calls that copied the full set in"] == 0
        ),
    },
}
"""What a verdict's numbers must be for its answer, given by its first words."""
