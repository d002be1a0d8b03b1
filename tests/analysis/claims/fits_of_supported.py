"""The same as ``fits`` for the claims that every kernel so far supports: each of their answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tests.analysis.claims.fits_words import Fits, Numbers, between, found, times

HALF_DELAY = "of them took no half of the writer's delay, and did not sleep"
OWN_WAIT = "of them by the waiter's own epoll_wait"
IN_VAIN = "epoll_waits, called back for what they do not watch"
EXCLUSIVE = "waiters woken by events with EPOLLEXCLUSIVE"
HERD = "waiters woken by events without the flag"
OUTER = "outer epoll_waits that slept"
SIGNALS = "signals sent for these fds"
WITHOUT_CALL = "completions read with no call before them"


def chain(numbers: Numbers) -> list[Any]:
    """Return the counts of a chain's links: all metrics but the first, which is the whole."""
    return list(numbers.values())[1:]


def one_signal_each(n: Numbers) -> bool:
    """Return whether fds, events, signals sent and taken are as many."""
    return bool(
        n["fds asked to send a signal"] == n["fds put on a list by fasync_helper"]
        and n["times an fd was made ready"] == n[SIGNALS] == n["signals taken"]
        and n["of them for fds that nobody made ready"] == 0
    )


def per_fd(n: Numbers) -> tuple[float, float]:
    """Return what a call pays per fd: the least of select and poll, and epoll_wait."""
    return min(n["select, per fd more"], n["poll, per fd more"]), n["epoll, per fd more"]


def aio_by_callback(n: Numbers) -> bool:
    """Return whether each completed poll had an entry whose callback the write ran."""
    return bool(
        n["of them in the write that made the fd ready"] == n["completions"]
        and n["of them removed by it at once"] == n["completions"]
        and n["entries queued by io_submit"] == n["polls submitted"]
        and n["entries queued by io_getevents"] == 0
    )


def pushed(n: Numbers) -> int:
    """Return how many callbacks others than the waiter's epoll_wait ran, inside a write."""
    return min(n["callbacks"] - n[OWN_WAIT], n["of them inside a write"])


FITS_OF_SUPPORTED: Final[Mapping[str, Mapping[str, Fits]]] = {
    "blocking-waits": {
        "A blocking read sleeps": lambda n: (
            n["reads that waited"] == n["reads"] == n["messages"]
            and n["off the CPU, median"] > n["on the CPU, median"]
        ),
        "A blocking read does not always": lambda n: 0 < n["reads that waited"] < n["reads"],
        "A blocking read does not sleep": lambda n: n["reads that waited"] == 0,
    },
    "nonblocking-returns": {
        "A non-blocking read of an empty fd returns": lambda n: (
            n["of them waited for data"] == 0
            and n[HALF_DELAY] >= 0.9 * n["reads that found nothing"]
        ),
        "Not every": lambda n: between(n, "of them waited for data", "reads that found nothing"),
        "A non-blocking read of an empty fd does": lambda n: (
            found(n, "that slept", "of them waited for data")
            == found(n, "reads", "reads that found nothing")
        ),
    },
    "nonblocking-background": {
        "Data is written": lambda n: (
            n["written while no read was under way"] == n["messages"]
            and n["of all, had by the first read afterwards"] == n["messages"]
            and n["of all, with a read that waited"] == 0
        ),
        "Data does not always": lambda n: (
            between(n, "of all, with a read that waited", "messages")
            or between(n, "written while no read was under way", "messages")
            or between(n, "of all, had by the first read afterwards", "messages")
        ),
        "Data comes only": lambda n: (
            n["of all, with a read that waited"] == n["messages"]
            or n["written while no read was under way"] == 0
            or n["of all, had by the first read afterwards"] == 0
        ),
    },
    "nonblocking-repolls": {
        "Until its data": lambda n: (
            n["messages asked for more than once"] == n["messages"]
            and n["messages whose last request waited for them"] == 0
            and n["requests per message"] > 1
        ),
        "Some messages": lambda n: (
            between(n, "messages asked for more than once", "messages")
            or between(n, "messages whose last request waited for them", "messages")
        ),
        "Each message": lambda n: (
            n["messages asked for more than once"] == 0
            or n["messages whose last request waited for them"] == n["messages"]
        ),
    },
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
    "mux-linear-scan": {
        "In each pass": lambda n: (
            n["calls that polled every fd in each pass"] == n["calls"]
            and all(times(n, "polls of fds added per fd added", least=0.99, most=1.01))
        ),
        "Some passes": lambda n: (
            n["calls that polled every fd in each pass"] < n["calls"]
            and all(times(n, "polls of fds added per fd added", least=0.01))
        ),
        "select and poll do not ask": lambda n: all(
            times(n, "polls of fds added per fd added", most=0.01)
        ),
    },
    "mux-degrades": {
        "Most of what": lambda n: all(
            n[f"{model}, growth of the cost, times"] >= n[f"{model}, growth of the fds, times"] / 2
            for model in ("select", "poll")
        ),
        "A call of select or poll costs more": lambda n: any(
            1.5
            < n[f"{model}, growth of the cost, times"]
            < n[f"{model}, growth of the fds, times"] / 2
            for model in ("select", "poll")
        ),
        "A call of select or poll costs little": lambda n: all(
            times(n, "growth of the cost, times", most=1.5)
        ),
    },
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
    "all-active-no-gain": {
        "With every fd": lambda n: all(times(n, "fds, times", least=0.9)),
        "With every fd active an event costs epoll less": lambda n: (
            any(times(n, "fds, times", most=0.9)) and any(times(n, "fds, times", least=2 / 3))
        ),
        "Even with every": lambda n: all(times(n, "fds, times", most=2 / 3)),
    },
    "idle-advantage": {
        "With one fd in a hundred active an event costs select and poll at least": lambda n: all(
            times(n, ", times", least=5)
        ),
        "With one fd in a hundred active epoll is ahead": lambda n: (
            any(times(n, ", times", least=1.5)) and any(times(n, ", times", most=5))
        ),
        "With one fd in a hundred active an event costs select and poll at most": lambda n: all(
            times(n, ", times", most=1.5)
        ),
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
    "callback-fills-list": {
        "The callback puts": lambda n: set(chain(n)) == {n["epoll_waits that slept"]},
        "For some": lambda n: between(n, "whole chain", "epoll_waits that slept"),
        "No epoll_wait": lambda n: n["whole chain"] == 0,
    },
    "file-max-per-gib": {
        "At boot": lambda n: all(times(n, "files per GiB with", least=90_000, most=110_000)),
        "fs.file-max grows": lambda n: (
            n["largest files per GiB above the smallest"] < 10
            and not all(times(n, "files per GiB with", least=90_000, most=110_000))
        ),
        "fs.file-max does not": lambda n: n["largest files per GiB above the smallest"] > 10,
    },
    "epoll-many-spurious": {
        "An epoll_wait that is woken": lambda n: (
            n["of them slept more than once"] > 0
            and n["of them slept once, and once more per wake in vain"] == n[IN_VAIN]
            and n["sleeps"] == n[IN_VAIN] + n["of them woke the waiter"]
        ),
        "An epoll_wait does not": lambda n: n["sleeps"] == n[IN_VAIN],
    },
    "awake-scan": {
        "While awake select and poll pay for every fd of the set; epoll_wait pays the": lambda n: (
            per_fd(n)[1] < 0.02 * per_fd(n)[0]
        ),
        "While awake select and poll pay for every fd of the set; epoll_wait pays for": lambda n: (
            0.02 * per_fd(n)[0] < per_fd(n)[1] < per_fd(n)[0] / 2
        ),
        "While awake epoll_wait": lambda n: per_fd(n)[1] >= per_fd(n)[0] / 2 or per_fd(n)[0] < 1,
    },
    "callback-saves-cpu": {
        "epoll gains": lambda n: (
            n["scan and entries of what is saved, times"] >= 0.5
            and n["epoll, callback in the writer"] < n["saved per event"] / 2
        ),
        "epoll saves": lambda n: (
            n["saved per event"] > 0
            and (
                n["epoll, callback in the writer"] >= n["saved per event"] / 2
                or n["scan and entries of what is saved, times"] < 0.5
            )
        ),
        "An event costs": lambda n: n["epoll, one event"] >= n["poll, one event"],
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
    "et-no-repoll": {
        "The next": lambda n: (
            n["polls of them before that sleep"] == n["polls of fds with data left"] == 0
            and n["polls of those before that sleep"]
            == n["level-triggered fds returned before a sleep"]
        ),
        "Some edge-triggered": lambda n: (
            n["polls of them before that sleep"] < n["edge-triggered fds returned before a sleep"]
            and n["polls of those before that sleep"] > 0
            and (
                n["polls of them before that sleep"] > 0
                or n["polls of those before that sleep"]
                != n["level-triggered fds returned before a sleep"]
            )
        ),
        "Edge-triggered fds are": lambda n: (
            n["polls of them before that sleep"] >= n["edge-triggered fds returned before a sleep"]
            or n["polls of those before that sleep"] == 0
        ),
    },
    "oneshot-silent": {
        "After its event": lambda n: (
            n["callbacks of that fd in those"] > 0
            and n["of them woke the waiter"] == n["of those epoll_waits returned the fd"] == 0
            and n["of them returned the fd"] == n["epoll_waits after a MOD, with that data"]
        ),
        "An EPOLLONESHOT fd that": lambda n: (
            n["callbacks of that fd in those"] == 0
            or between(n, "of them woke the waiter", "callbacks of that fd in those")
            or n["of them returned the fd"] < n["epoll_waits after a MOD, with that data"]
        ),
        "An EPOLLONESHOT fd goes": lambda n: (
            n["epoll_waits with data for an fd that gave its event"]
            in (n["of them woke the waiter"], n["of those epoll_waits returned the fd"])
        ),
    },
    "exclusive-one": {
        "An event wakes": lambda n: (
            n[HERD] == n["events without the flag"] * 3
            and n["events with EPOLLEXCLUSIVE that woke just one"]
            >= 0.75 * n["events with EPOLLEXCLUSIVE"]
            and n[EXCLUSIVE] >= n["events with EPOLLEXCLUSIVE"]
        ),
        "EPOLLEXCLUSIVE spares": lambda n: (
            n["events with EPOLLEXCLUSIVE"] <= n[EXCLUSIVE] < 3 * n["events with EPOLLEXCLUSIVE"]
            and (
                n["events without the flag"] < n[HERD] < 3 * n["events without the flag"]
                or n["events with EPOLLEXCLUSIVE that woke just one"]
                < 0.75 * n["events with EPOLLEXCLUSIVE"]
            )
        ),
        "EPOLLEXCLUSIVE does not pick": lambda n: (
            n[EXCLUSIVE] in (0, 3 * n["events with EPOLLEXCLUSIVE"])
            or n[HERD] == n["events without the flag"]
        ),
    },
    "lifo-wakeup": {
        "Of the waiters in one epoll instance an event first wakes": lambda n: (
            n["of them woke first who slept last"]
            == n["events that woke one of several sleeping waiters"]
            and n["waiters that were woken first"] > 1
        ),
        "Of the waiters in one epoll instance some": lambda n: between(
            n,
            "of them woke first who slept last",
            "events that woke one of several sleeping waiters",
        ),
        "Of the waiters in one epoll instance an event does not": lambda n: (
            n["of them woke first who slept last"] == 0
        ),
    },
    "nested-callback": {
        "An event in": lambda n: set(chain(n)) == {n[OUTER]},
        "Events come": lambda n: (
            min(chain(n)) < n[OUTER] and n["then the inner instance's, in the same write"] > 0
        ),
        "No event": lambda n: n["then the inner instance's, in the same write"] == 0,
    },
    "sigio-no-entry": {
        "Signal-driven I/O queues no wait-queue entry: fcntl": lambda n: (
            n["entries queued on wait queues"] == 0 and one_signal_each(n)
        ),
        "Signal-driven I/O queues no wait-queue entry, but": lambda n: (
            n["entries queued on wait queues"] == 0 and not one_signal_each(n)
        ),
        "Signal-driven I/O does": lambda n: n["entries queued on wait queues"] > 0,
    },
    "aio-poll-entry": {
        "io_submit queues": aio_by_callback,
        "Not every": lambda n: (
            n["of them in the write that made the fd ready"] > 0 and not aio_by_callback(n)
        ),
        "An AIO poll is not": lambda n: n["of them in the write that made the fd ready"] == 0,
    },
    "uring-poll-multishot": {
        "A multishot": lambda n: (
            n["polls added"] == n["entries queued by io_uring_enter"] == n["fds"]
            and n["events"] == n["completions"] == n["of them with more to come"]
            and n["runs of io_poll_wake"] >= n["events"]
            and n["entries removed by an event"] == 0
        ),
        "Entries of multishot": lambda n: (
            n["runs of io_poll_wake"] >= n["events"] > n["entries removed by an event"]
            and (
                n["entries removed by an event"] > 0
                or n["completions"] != n["events"]
                or n["of them with more to come"] < n["completions"]
                or n["entries queued by io_uring_enter"] != n["polls added"]
            )
        ),
        "No entry": lambda n: (
            n["entries removed by an event"] >= n["runs of io_poll_wake"]
            or n["entries queued by io_uring_enter"] == 0
        ),
    },
    "uring-rings-mapped": {
        "The rings of io_uring are memory": lambda n: (
            n["rings whose mmap failed"] == n["completions read after a call that waited"] == 0
            and n["shared mappings of a ring, at least"] > 0
            and n[WITHOUT_CALL] == n["reads of their data"] > 0
        ),
        "The rings of io_uring are shared": lambda n: (
            n["shared mappings of a ring, at least"] > 0
            and 0 < n[WITHOUT_CALL] < n["reads of their data"]
        ),
        "The rings of io_uring cannot": lambda n: (
            n["rings whose mmap failed"] > 0
            or n["shared mappings of a ring, at least"] == 0
            or n[WITHOUT_CALL] == 0
        ),
    },
}
