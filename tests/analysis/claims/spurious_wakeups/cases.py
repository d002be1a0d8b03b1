"""The cases of the claims on spurious wakeups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from analysis.verdicts.engine import CORRECTED, REFUTED, SUPPORTED
from tests.analysis.claims.fits_words import Fits
from tests.analysis.claims.spurious_wakeups import scenes as spurious_scenes
from tests.analysis.making import (
    UNDECIDED,
    Cases,
    Scene,
    epoll,
    scene,
    steps,
    vain,
)

SPURIOUS = {"sleep_calls": 7, "sleeps": 7, "wakeups": 7}
BUSY = {"sleep_calls": 0, "sleeps": 0, "wakeups": 0, "off_cpu_ns": 0}
WAIT_SPURIOUS: Cases = {
    REFUTED: [
        steps(epoll(), epoll(asleep=True), vain()),
        steps(epoll(asleep=True, sleeps=2), vain()),
    ],
    SUPPORTED: [
        steps(epoll(asleep=True, **SPURIOUS), vain(**SPURIOUS)),
        steps(vain(sleep_calls=0, wakeups=7)),
    ],
    CORRECTED: [
        steps(
            epoll(asleep=True),
            epoll(asleep=True, active=(3, 4), **SPURIOUS),
            vain(**SPURIOUS),
        ),
        steps(epoll(asleep=True), vain(**BUSY)),
    ],
    UNDECIDED: [steps(epoll(asleep=True)), steps(epoll())],
}


def spurious(*args: Any, **kwargs: Any) -> Scene:
    return scene(spurious_scenes.spurious, *args, **kwargs)


MUX_MANY_SPURIOUS: Cases = {
    CORRECTED: [
        steps(
            spurious("select"),
            spurious("poll"),
            spurious("select", passes=False),
            spurious("poll", passes=False),
        ),
        steps(spurious("select"), spurious("poll", passes=False)),
        steps(spurious("select"), spurious("poll", sleeps_again=False)),
    ],
    SUPPORTED: [
        steps(spurious("select"), spurious("poll", spurious=1)),
    ],
    REFUTED: [
        steps(spurious("select", passes=False), spurious("poll", passes=False)),
        steps(spurious("poll", sleeps_again=False)),
    ],
    UNDECIDED: [steps(spurious("select", spurious=0), spurious("poll", spurious=0))],
}
EPOLL_MANY_SPURIOUS: Cases = {
    SUPPORTED: [
        steps(spurious("epoll_wait"), spurious("epoll_wait", passes=False)),
        steps(spurious("epoll_wait", spurious=1)),
    ],
    REFUTED: [
        steps(spurious("epoll_wait", passes=False)),
        steps(spurious("epoll_wait", sleeps_again=False)),
    ],
    UNDECIDED: [steps(spurious("epoll_wait", spurious=0))],
}

CASES: dict[str, Cases] = {
    "wait-spurious": WAIT_SPURIOUS,
    "mux-many-spurious": MUX_MANY_SPURIOUS,
    "epoll-many-spurious": EPOLL_MANY_SPURIOUS,
}


TIMELINES: dict[str, tuple[Scene, list[str]]] = {
    "mux-many-spurious": (spurious("poll"), ["gives up", "is on the CPU", "gives up"]),
    "epoll-many-spurious": (spurious("epoll_wait"), ["gives up", "is on the CPU", "gives up"]),
}
"""The scene of a timeline, and words of its moments in order."""

PER_CALL = "of them slept once, and once more per spurious wakeup"
MUX_IN_VAIN = "calls of select and poll, called back for events they do not watch"
EPOLL_IN_VAIN = "epoll_waits, called back for events they do not watch"


FITS: Mapping[str, Mapping[str, Fits]] = {
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
    "mux-many-spurious": {
        "A call of select or poll whose": lambda n: (
            n[PER_CALL] == n[MUX_IN_VAIN]
            and n["of them woke the waiter"] == n["callbacks in vain"] > 0
        ),
        "A call of select or poll sleeps again": lambda n: (
            n[PER_CALL] == n[MUX_IN_VAIN]
            and n["of them woke the waiter"] < n["callbacks in vain"]
            and n["of them slept more than once"] > 0
        ),
        "Some calls of select and poll sleep again": lambda n: (
            n[PER_CALL] < n[MUX_IN_VAIN] and n["of them slept more than once"] > 0
        ),
        "select and poll sleep once per call": lambda n: n["sleeps"] == n[MUX_IN_VAIN],
    },
    "epoll-many-spurious": {
        "An epoll_wait that is woken": lambda n: (
            n["of them slept more than once"] > 0
            and n["of them slept once, and once more per spurious wakeup"] == n[EPOLL_IN_VAIN]
            and n["sleeps"] == n[EPOLL_IN_VAIN] + n["of them woke the waiter"]
        ),
        "An epoll_wait does not": lambda n: n["sleeps"] == n[EPOLL_IN_VAIN],
    },
}
"""What a verdict's numbers must be for its answer, given by its first words."""
