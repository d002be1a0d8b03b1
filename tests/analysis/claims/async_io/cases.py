"""The cases of the claims on signal-driven I/O, AIO poll and io_uring poll; see cases.py."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from analysis.verdicts.engine import CORRECTED, REFUTED, SUPPORTED
from tests.analysis.claims.async_io import scenes as async_scenes
from tests.analysis.claims.async_io import sigio_scenes
from tests.analysis.claims.async_io.scenes import Oddly
from tests.analysis.claims.fits_words import Fits, Numbers
from tests.analysis.making import UNDECIDED, Cases, Scene, scene, steps


def sigio(**kwargs: Any) -> Scene:
    return scene(sigio_scenes.sigio, **kwargs)


def aio(**kwargs: Any) -> Scene:
    return scene(async_scenes.aio_poll, **kwargs)


def oneshot(**kwargs: Any) -> Scene:
    return scene(async_scenes.uring, "oneshot", **kwargs)


def multishot(**kwargs: Any) -> Scene:
    return scene(async_scenes.uring, "multishot", **kwargs)


def refused(*args: str, **kwargs: str) -> Scene:
    return scene(async_scenes.uring_refused, *args, **kwargs)


UNMAPPED: Scene = scene(async_scenes.uring_unmapped)
NO_AIO = {"call": "io_submit of IOCB_CMD_POLL", "errno": 22, "errno_name": "EINVAL"}

SIGIO_NO_ENTRY: Cases = {
    SUPPORTED: [steps(sigio(), sigio(n=1))],
    CORRECTED: [
        steps(sigio(taken=0), sigio()),
        steps(sigio(sent=2)),
        steps(sigio(idle=1)),
        steps(sigio(), sigio(listed=False)),
    ],
    REFUTED: [steps(sigio(queued=3)), steps(sigio(), sigio(queued=1))],
    UNDECIDED: [steps(sigio(sent=0)), steps(sigio(sent=0, taken=0))],
}
AIO_POLL_ENTRY: Cases = {
    SUPPORTED: [steps(aio(), aio(asleep=True))],
    CORRECTED: [
        steps(aio(odd=Oddly(queued=2))),
        steps(aio(), aio(asleep=True, odd=Oddly(pulled=True))),
        steps(aio(odd=Oddly(late=3))),
        steps(aio(odd=Oddly(by_worker=True))),
        steps(aio(odd=Oddly(runs=2))),
    ],
    REFUTED: [
        steps(aio(odd=Oddly(queued=0))),
        steps(aio(odd=Oddly(pulled=True))),
        steps(aio(asleep=True, odd=Oddly(runs=0))),
    ],
    UNDECIDED: [steps(aio(completed=False)), steps(aio(refused=NO_AIO))],
}
URING_POLL_ONESHOT: Cases = {
    SUPPORTED: [steps(oneshot(), oneshot(asleep=True), multishot())],
    CORRECTED: [
        steps(oneshot(odd=Oddly(queued=2))),
        steps(oneshot(), oneshot(odd=Oddly(off=False))),
        steps(oneshot(odd=Oddly(by_worker=True)), oneshot(asleep=True, odd=Oddly(by_worker=True))),
        steps(oneshot(), oneshot(odd=Oddly(runs=2))),
        steps(oneshot(), oneshot(rearmed=False)),
    ],
    REFUTED: [
        steps(oneshot(odd=Oddly(off=False))),
        steps(oneshot(odd=Oddly(queued=0))),
        steps(oneshot(odd=Oddly(runs=0))),
    ],
    UNDECIDED: [
        steps(oneshot(completions=0)),
        steps(oneshot(passing=False, odd=Oddly(by_worker=True))),
        steps(refused("io_uring_setup", "EPERM")),
        steps(multishot()),
    ],
}
URING_POLL_MULTISHOT: Cases = {
    SUPPORTED: [steps(multishot(), multishot(asleep=True), oneshot())],
    CORRECTED: [
        steps(multishot(), multishot(with_more=3)),
        steps(multishot(), multishot(rearmed=True, odd=Oddly(off=True))),
        steps(multishot(odd=Oddly(queued=2))),
        steps(multishot(completions=2)),
    ],
    REFUTED: [
        steps(multishot(rearmed=True, odd=Oddly(off=True))),
        steps(multishot(odd=Oddly(off=True))),
        steps(multishot(odd=Oddly(queued=0))),
    ],
    UNDECIDED: [
        steps(multishot(rounds=1)),
        steps(refused("POLL_ADD, multishot", "EINVAL", shot="multishot")),
        steps(oneshot()),
    ],
}
URING_RINGS_MAPPED: Cases = {
    SUPPORTED: [steps(oneshot(), multishot(), oneshot(asleep=True))],
    CORRECTED: [steps(oneshot(waits=1)), steps(oneshot(), multishot(waits=4))],
    REFUTED: [
        steps(UNMAPPED),
        steps(oneshot(), UNMAPPED),
        steps(oneshot(waits=4)),
        steps(oneshot(ring_mappings=["7f00-7f01 rw-p 0 00:00 0"])),
    ],
    UNDECIDED: [
        steps(oneshot(asleep=True)),
        steps(oneshot(seen_unasked=5)),
        steps(oneshot(), refused("io_uring_setup", "ENOSYS")),
    ],
}
CASES: dict[str, Cases] = {
    "sigio-no-entry": SIGIO_NO_ENTRY,
    "aio-poll-entry": AIO_POLL_ENTRY,
    "uring-poll-oneshot": URING_POLL_ONESHOT,
    "uring-poll-multishot": URING_POLL_MULTISHOT,
    "uring-rings-mapped": URING_RINGS_MAPPED,
}

ASKED = ("3 requests", "waits for 1 completion")
TIMELINES: dict[str, tuple[Scene, list[str]]] = {
    "sigio-no-entry": (
        sigio_scenes.signalled,
        ["puts fd 4 on", "calls rt_sigtimedwait", "sends the signal", "runnable", "calls read"],
    ),
    "aio-poll-entry": (aio(asleep=True), ["calls io_submit", "calls io_getevents"]),
    "uring-poll-oneshot": (oneshot(asleep=True), [*ASKED, "queues an entry"]),
    "uring-poll-multishot": (multishot(asleep=True), [*ASKED, "waits for 1 completion"]),
}
"""The scene of a timeline, and words of its moments in order."""

SIGNALS = "signals sent for these fds"
WITHOUT_CALL = "completions read with no call before them"


def one_signal_each(n: Numbers) -> bool:
    """Return whether fds, events, signals sent and signals taken are equally many."""
    return bool(
        n["fds asked to send a signal"] == n["fds put on a list by fasync_helper"]
        and n["times an fd was made ready"] == n[SIGNALS] == n["signals taken"]
        and n["of them for fds that nobody made ready"] == 0
    )


def aio_by_callback(n: Numbers) -> bool:
    """Return whether each completed poll had an entry whose callback the write ran."""
    return bool(
        n["of them in the write that made the fd ready"] == n["completions"]
        and n["of them removed by it at once"] == n["completions"]
        and n["entries queued by io_submit"] == n["polls submitted"]
        and n["entries queued by io_getevents"] == 0
    )


FITS: Mapping[str, Mapping[str, Fits]] = {
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
"""What a verdict's numbers must be for its answer, given by its first words."""
