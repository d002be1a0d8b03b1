"""The cases of the claims on calls that wake up for nothing."""

from __future__ import annotations

from typing import Any

from analysis.verdicts.engine import CORRECTED, REFUTED, SUPPORTED
from tests.analysis.claims.spurious_wakeups import scenes as spurious_scenes
from tests.analysis.making import (
    UNDECIDED,
    Build,
    Cases,
    Scene,
    epoll,
    made,
    scene,
    vain,
)

SPURIOUS = {"sleep_calls": 7, "sleeps": 7, "wakeups": 7}
BUSY = {"sleep_calls": 0, "sleeps": 0, "wakeups": 0, "off_cpu_ns": 0}
WAIT_SPURIOUS: Cases = {
    REFUTED: [
        made(epoll(), epoll(asleep=True), vain(), detail="steps"),
        made(epoll(asleep=True, sleeps=2), vain(), detail="steps"),
    ],
    SUPPORTED: [
        made(epoll(asleep=True, **SPURIOUS), vain(**SPURIOUS), detail="steps"),
        made(vain(sleep_calls=0, wakeups=7), detail="steps"),
    ],
    CORRECTED: [
        made(
            epoll(asleep=True),
            epoll(asleep=True, active=(3, 4), **SPURIOUS),
            vain(**SPURIOUS),
            detail="steps",
        ),
        made(epoll(asleep=True), vain(**BUSY), detail="steps"),
    ],
    UNDECIDED: [made(epoll(asleep=True), detail="steps"), made(epoll(), detail="steps")],
}


def steps(*scenes: Scene) -> Build:
    return made(*scenes, detail="steps")


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
