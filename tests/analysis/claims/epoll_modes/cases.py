"""The cases of the claims on epoll's modes."""

from __future__ import annotations

from typing import Any

from analysis.verdicts.engine import CORRECTED, REFUTED, SUPPORTED
from tests.analysis.claims.epoll_modes import scenes as epoll_mode_scenes
from tests.analysis.making import UNDECIDED, Build, Cases, Scene, made, scene


def steps(*scenes: Scene) -> Build:
    return made(*scenes, detail="steps")


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
    REFUTED: [steps(oneshot(wakes=(True, True))), steps(oneshot(told=True))],
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
