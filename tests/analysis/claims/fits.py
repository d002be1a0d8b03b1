"""What the numbers of a verdict must be for its answer to be true, said apart from the judges.

By claim and answer, of which the first words stand here: a condition on the evidence by metric.
Here are the claims that some kernel does not support; ``fits_of_supported`` has the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tests.analysis.claims.fits_of_supported import FITS_OF_SUPPORTED
from tests.analysis.claims.fits_words import Fits, Numbers

SLEPT_ON_FD = "of them by an entry on an fd's queue"
PER_CALL = "of them slept once, and once more per wake in vain"
IN_VAIN = "calls of select and poll, called back for what they do not watch"
ALL_FDS = "of them copied as much as the whole set"
AGAIN = "of them copied as much as the whole set in"
REFUSED = "first fd refused before the system call"
OTHERS = "of them followed by wakes of others"


def of_family(numbers: Numbers, family: str) -> list[tuple[int, int]]:
    """Return the bytes copied and those of the full set, as calls of ``family`` were told."""
    words = [
        (metric.split(), value) for metric, value in numbers.items() if f"by {family}" in metric
    ]
    return [(int(value), int(each[3].replace(",", ""))) for each, value in words]


def one_each(numbers: Numbers) -> bool:
    """Return whether each event of either trigger woke just one waiter."""
    return all(
        numbers[f"events of {kind} fd"] == numbers[f"waiters woken by events of {kind} fd"]
        for kind in ("a level-triggered", "an edge-triggered")
    )


_FITS: Final[Mapping[str, Mapping[str, Fits]]] = {
    "mux-continuous-scan": {
        "While they wait, select": lambda n: (
            n["calls with passes that no event explains"] == n["calls that waited"]
        ),
        "select and poll go over their fds once and sleep": lambda n: (
            n["calls with passes that no event explains"] == 0
            and n["passes, median"] <= n["sleeps, median"] + 1
            and n["off the CPU, of the time waited"] >= 50
        ),
        "Some calls of select and poll go round": lambda n: (
            0 < n["calls with passes that no event explains"] < n["calls that waited"]
            or n["off the CPU, of the time waited"] < 50
        ),
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
    "entry-is-current": {
        "The entry that": lambda n: (
            n[SLEPT_ON_FD] == n["wakes of the task asleep in epoll_wait"] > 0
            and n["runs of ep_poll_callback on them"] == 0
        ),
        "What epoll_ctl queues": lambda n: (
            n[SLEPT_ON_FD] == 0 and n["runs of ep_poll_callback on them"] > 0
        ),
        "Some entries on the fds'": lambda n: (
            n[SLEPT_ON_FD] > 0 and n["runs of ep_poll_callback on them"] > 0
        ),
    },
    "wait-spurious": {
        "An epoll_wait that has to wait goes": lambda n: (
            n["of them with more"] == n["epoll_waits that had to wait"]
        ),
        "An epoll_wait that has to wait sleeps just once": lambda n: (
            n["epoll_waits that had to wait"] == n["of them with one sleep and at most one wakeup"]
        ),
        "Not every epoll_wait": lambda n: (
            n["of them with one sleep and at most one wakeup"] < n["epoll_waits that had to wait"]
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
    "select-fd-limit": {
        "The kernel's select": lambda n: (
            n["of them polled every fd and returned one"] == 0
            and n["largest fd returned as ready"] < 2048
        ),
        "The limit is in the C library's": lambda n: (
            n[REFUSED] is not None and n["largest fd returned as ready"] >= n[REFUSED]
        ),
        "The C library limits select": lambda n: n[REFUSED] is not None and n[REFUSED] > 2048,
        "select serves only some": lambda n: (
            n[REFUSED] is None
            and 0 < n["of them polled every fd and returned one"] < n["calls with n beyond 2,048"]
        ),
        "Neither the C library": lambda n: (
            n[REFUSED] is None
            and n["of them polled every fd and returned one"] == n["calls with n beyond 2,048"]
        ),
    },
    "epoll-no-limit": {
        "epoll watches every fd that can be open; fs": lambda n: (
            n["EPOLL_CTL_ADD refused with ENOSPC"] == 0
            and n["watched fds with max_user_watches lowered"] > n["max_user_watches, lowered to"]
        ),
        "epoll watches every fd that can be open, until": lambda n: (
            n["EPOLL_CTL_ADD refused with ENOSPC"] > 0
            and n["watched fds with max_user_watches lowered"] == n["max_user_watches, lowered to"]
            and n["watched fds when 2,402 could be open"] > 2300
        ),
        "epoll cannot watch": lambda n: n["watched fds when 2,402 could be open"] < 2300,
    },
    "ctl-churn-costs": {
        "An epoll_ctl for each event adds": lambda n: (
            1.05 < n["mod to none, times"] <= 1.5 and n["del-add to none, times"] <= 1.5
        ),
        "An epoll_ctl for each event costs more than": lambda n: (
            min(n["mod to none, times"], n["del-add to none, times"]) > 2
        ),
        "An epoll_ctl for each event does not": lambda n: (
            min(n["mod to none, times"], n["del-add to none, times"]) <= 2
            and max(n["mod to none, times"], n["del-add to none, times"]) > 1.5
        ),
        "An epoll_ctl for each event costs next": lambda n: (
            max(n["mod to none, times"], n["del-add to none, times"]) <= 1.05
        ),
    },
    "mux-many-spurious": {
        "A call of select or poll whose": lambda n: (
            n[PER_CALL] == n[IN_VAIN] and n["of them woke the waiter"] == n["callbacks in vain"] > 0
        ),
        "A call of select or poll sleeps again": lambda n: (
            n[PER_CALL] == n[IN_VAIN]
            and n["of them woke the waiter"] < n["callbacks in vain"]
            and n["of them slept more than once"] > 0
        ),
        "Some calls of select and poll sleep again": lambda n: (
            n[PER_CALL] < n[IN_VAIN] and n["of them slept more than once"] > 0
        ),
        "select and poll sleep once per call": lambda n: n["sleeps"] == n[IN_VAIN],
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
        "An epoll_wait that sleeps": lambda n: n["wakes by their own entry, median"] == 0,
    },
    "shared-instance-one": {
        "An event wakes just": lambda n: (
            one_each(n) and n[OTHERS] == n["of those followed by wakes of others"] == 0
        ),
        "An event wakes one waiter": lambda n: (
            one_each(n) and n[OTHERS] > 0 and n["of those followed by wakes of others"] == 0
        ),
        "An event does not always": lambda n: (
            not one_each(n) or n["of those followed by wakes of others"] > 0
        ),
        "An event never": lambda n: not one_each(n),
    },
    "uring-poll-oneshot": {
        "A one-shot poll of io_uring queues one entry, and": lambda n: (
            n["polls added"] == n["entries queued by io_uring_enter"]
            and n["of them removed by its first run"] == n["completions"] > 0
        ),
        "A one-shot poll of io_uring queues one entry; its callback leaves": lambda n: (
            n["polls added"] == n["entries queued by io_uring_enter"]
            and n["of them removed by its first run"] == 0
            and n["entries on which io_poll_wake ran again"] == 0
        ),
        "Not every one-shot poll": lambda n: (
            n["polls added"] != n["entries queued by io_uring_enter"]
            or n["of them removed by its first run"] != n["completions"]
        ),
        "The entry of a one-shot": lambda n: (
            n["entries on which io_poll_wake ran again"]
            == n["entries on which io_poll_wake ran"]
            > 0
        ),
        "Events run no callback": lambda n: n["entries on which io_poll_wake ran"] == 0,
    },
}

FITS: Final = {**_FITS, **FITS_OF_SUPPORTED}
