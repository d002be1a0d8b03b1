"""The cases of the claims on calls that wake up for nothing."""

from __future__ import annotations

from typing import Any

from analysis.verdicts.engine import CORRECTED, REFUTED, SUPPORTED
from tests.analysis.claims.spurious_wakeups import scenes as naps_scenes
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


def steps(*scenes: Scene) -> Build:
    return made(*scenes, detail="steps")


def naps(*args: Any, **kwargs: Any) -> Scene:
    return scene(naps_scenes.naps, *args, **kwargs)


MUX_MANY_NAPS: Cases = {
    CORRECTED: [
        steps(
            naps("select"), naps("poll"), naps("select", passes=False), naps("poll", passes=False)
        ),
        steps(naps("select"), naps("poll", passes=False)),
        steps(naps("select"), naps("poll", sleeps_again=False)),
    ],
    SUPPORTED: [
        steps(naps("select"), naps("poll", naps=1)),
    ],
    REFUTED: [
        steps(naps("select", passes=False), naps("poll", passes=False)),
        steps(naps("poll", sleeps_again=False)),
    ],
    UNDECIDED: [steps(naps("select", naps=0), naps("poll", naps=0))],
}
EPOLL_MANY_NAPS: Cases = {
    SUPPORTED: [
        steps(naps("epoll_wait"), naps("epoll_wait", passes=False)),
        steps(naps("epoll_wait", naps=1)),
    ],
    REFUTED: [
        steps(naps("epoll_wait", passes=False)),
        steps(naps("epoll_wait", sleeps_again=False)),
    ],
    UNDECIDED: [steps(naps("epoll_wait", naps=0))],
}

CASES: dict[str, Cases] = {
    "wait-naps": WAIT_NAPS,
    "mux-many-naps": MUX_MANY_NAPS,
    "epoll-many-naps": EPOLL_MANY_NAPS,
}
