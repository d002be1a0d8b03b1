"""The cases of the claims on epoll's modes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from analysis.verdicts.engine import CORRECTED, REFUTED, SUPPORTED
from tests.analysis.claims.epoll_modes import scenes as epoll_mode_scenes
from tests.analysis.claims.fits_words import Fits, between, chain
from tests.analysis.making import UNDECIDED, Cases, Scene, scene, steps


def triggered(*args: Any, **kwargs: Any) -> Scene:
    return scene(epoll_mode_scenes.triggered, *args, **kwargs)


def oneshot(**kwargs: Any) -> Scene:
    return scene(epoll_mode_scenes.oneshot, **kwargs)


def nested(**kwargs: Any) -> Scene:
    return scene(epoll_mode_scenes.nested, **kwargs)


LEVEL = triggered("level", (1, 1, 1))
EDGE = triggered("edge", (0, 0, 0))
ET_NO_REPOLL: Cases = {
    SUPPORTED: [steps(LEVEL, EDGE), steps(LEVEL, EDGE, triggered("edge", (0, 0), drain=False))],
    CORRECTED: [
        steps(LEVEL, triggered("edge", (0, 1, 0))),
        steps(LEVEL, EDGE, triggered("edge", (1, 1), drain=False)),
        steps(triggered("level", (1, 2, 1)), EDGE),
        steps(triggered("level", (1, 0, 1)), EDGE),
        steps(triggered("level", (1, 2, 1), others=1), EDGE),
    ],
    REFUTED: [
        steps(LEVEL, triggered("edge", (1, 1, 1))),
        steps(triggered("level", (0, 0, 0)), EDGE),
    ],
    UNDECIDED: [
        steps(LEVEL),
        steps(LEVEL, triggered("edge", (0, 0), asleep=False)),
        steps(triggered("level", ()), EDGE),
        steps(triggered("level", (1, 1, 0), others=1), EDGE),
        steps(LEVEL, triggered("edge", (0, 0, 0), others=1)),
    ],
}
ONESHOT_SILENT: Cases = {
    SUPPORTED: [steps(oneshot())],
    CORRECTED: [
        steps(oneshot(called=False)),
        steps(oneshot(by_mod=False)),
        steps(oneshot(wakes=(True, False))),
    ],
    REFUTED: [steps(oneshot(wakes=(True, True))), steps(oneshot(returns_fd=True))],
    UNDECIDED: [steps(oneshot(silent=False))],
}
NESTED_CALLBACK: Cases = {
    SUPPORTED: [steps(nested()), steps(nested(within=True))],
    CORRECTED: [
        steps(nested(chained=(True, False, True))),
        steps(nested(wakes=False)),
        steps(nested(inside=False)),
        steps(nested(within=False)),
    ],
    REFUTED: [steps(nested(chained=(False, False, False)))],
    UNDECIDED: [steps(nested(asleep=False))],
}

CASES: dict[str, Cases] = {
    "et-no-repoll": ET_NO_REPOLL,
    "oneshot-silent": ONESHOT_SILENT,
    "nested-callback": NESTED_CALLBACK,
}


TIMELINES: dict[str, tuple[Scene, list[str]]] = {
    "et-no-repoll": (
        triggered("edge", (0, 0), drain=False),
        ["returns from epoll_wait", "calls epoll_wait", "gives up"],
    ),
    "oneshot-silent": (
        oneshot(),
        ["nobody is woken", "changes how epoll fd 21 watches fd 4", "calls epoll_wait"],
    ),
    "nested-callback": (
        nested(),
        ["callback of fd 4", "callback of fd 20", "own queue", "calls epoll_wait on fd 20"],
    ),
}
"""The scene of a timeline, and words of its moments in order."""

OUTER = "outer epoll_waits that slept"


FITS: Mapping[str, Mapping[str, Fits]] = {
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
    "nested-callback": {
        "An event in": lambda n: set(chain(n)) == {n[OUTER]},
        "Events come": lambda n: (
            min(chain(n)) < n[OUTER] and n["then the inner instance's, in the same write"] > 0
        ),
        "No event": lambda n: n["then the inner instance's, in the same write"] == 0,
    },
}
"""What a verdict's numbers must be for its answer, given by its first words."""
