"""The cases of the claims on naps, epoll's modes and several waiters."""

from __future__ import annotations

from typing import Any

from analysis.claims.engine import CORRECTED, REFUTED, SUPPORTED
from tests.analysis import crowd_scenes, epoll_mode_scenes, naps_scenes
from tests.analysis.crowd_scenes import (
    Choose,
    all_of_them,
    first,
    first_then_last,
    last,
    none_of_them,
    two_once,
)
from tests.analysis.making import UNDECIDED, Build, Cases, Scene, made, scene


def steps(*scenes: Scene) -> Build:
    return made(*scenes, detail="steps")


def naps(*args: Any, **kwargs: Any) -> Scene:
    return scene(naps_scenes.naps, *args, **kwargs)


def triggered(*args: Any, **kwargs: Any) -> Scene:
    return scene(epoll_mode_scenes.triggered, *args, **kwargs)


def oneshot(**kwargs: Any) -> Scene:
    return scene(epoll_mode_scenes.oneshot, **kwargs)


def nested(**kwargs: Any) -> Scene:
    return scene(epoll_mode_scenes.nested, **kwargs)


def crowd(*args: Any, **kwargs: Any) -> Scene:
    return scene(crowd_scenes.crowd, *args, **kwargs)


def own(choose: Choose, trigger: str = "level", **kwargs: Any) -> Scene:
    return crowd("epoll-crowd", choose, trigger=trigger, **kwargs)


def shared(choose: Choose, trigger: str = "level", **kwargs: Any) -> Scene:
    return crowd("epoll-shared-crowd", choose, trigger=trigger, **kwargs)


LEVEL = triggered("level", (1, 1, 1))
EDGE = triggered("edge", (0, 0, 0))

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
ET_NO_REPOLL: Cases = {
    SUPPORTED: [steps(LEVEL, EDGE), steps(LEVEL, EDGE, triggered("edge", (0, 0), drain=False))],
    CORRECTED: [
        steps(LEVEL, triggered("edge", (0, 1, 0))),
        steps(LEVEL, EDGE, triggered("edge", (1, 1), drain=False)),
        steps(triggered("level", (1, 2, 1)), EDGE),
        steps(triggered("level", (1, 0, 1)), EDGE),
    ],
    REFUTED: [
        steps(LEVEL, triggered("edge", (1, 1, 1))),
        steps(triggered("level", (0, 0, 0)), EDGE),
    ],
    UNDECIDED: [
        steps(LEVEL),
        steps(LEVEL, triggered("edge", (0, 0), asleep=False)),
        steps(triggered("level", ()), EDGE),
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
    SUPPORTED: [steps(nested())],
    CORRECTED: [
        steps(nested(chained=(True, False, True))),
        steps(nested(wakes=False)),
        steps(nested(inside=False)),
    ],
    REFUTED: [steps(nested(chained=(False, False, False)))],
    UNDECIDED: [steps(nested(asleep=False))],
}
EXCLUSIVE_ONE: Cases = {
    SUPPORTED: [
        steps(own(all_of_them), own(last, "exclusive")),
        steps(own(all_of_them), own(two_once, "exclusive"), crowd("poll-crowd", all_of_them)),
    ],
    CORRECTED: [
        steps(own(two_once), own(last, "exclusive")),
        steps(own(all_of_them), own(two_once, "exclusive", events=2)),
    ],
    REFUTED: [
        steps(own(all_of_them), own(all_of_them, "exclusive")),
        steps(own(last), own(last, "exclusive")),
        steps(own(all_of_them), own(none_of_them, "exclusive")),
    ],
    UNDECIDED: [
        steps(own(all_of_them)),
        steps(own(all_of_them, waiters=1), own(last, "exclusive")),
        steps(own(all_of_them, awake=True, events=1), own(last, "exclusive")),
    ],
}
SHARED_INSTANCE_ONE: Cases = {
    SUPPORTED: [
        steps(shared(last), shared(last, "edge")),
        steps(shared(first), shared(last, "edge")),
    ],
    CORRECTED: [
        steps(shared(last, chain=1), shared(last, "edge")),
        steps(shared(last), shared(two_once, "edge")),
    ],
    REFUTED: [
        steps(shared(all_of_them), shared(all_of_them, "edge")),
        steps(shared(none_of_them), shared(none_of_them, "edge")),
    ],
    UNDECIDED: [
        steps(shared(last)),
        steps(shared(last, waiters=1), shared(last, "edge")),
        steps(shared(last), shared(first, "edge", awake=True, events=1)),
    ],
}
LIFO_WAKEUP: Cases = {
    SUPPORTED: [
        steps(shared(last, "edge"), shared(last, "edge", leave=True, events=3)),
        steps(shared(last, "edge", leave=True, events=3)),
    ],
    CORRECTED: [
        steps(shared(first_then_last, "edge")),
        steps(shared(last, "edge"), shared(first, "edge", leave=True, events=3)),
    ],
    REFUTED: [
        steps(shared(first, "edge")),
        steps(shared(first, "edge", leave=True, events=2)),
        steps(shared(lambda asleep, _: asleep[1:2], "edge")),
    ],
    UNDECIDED: [
        steps(shared(last)),
        steps(shared(last, "edge", waiters=1)),
        steps(shared(none_of_them, "edge")),
    ],
}
MODE_CASES: dict[str, Cases] = {
    "mux-many-naps": MUX_MANY_NAPS,
    "epoll-many-naps": EPOLL_MANY_NAPS,
    "et-no-repoll": ET_NO_REPOLL,
    "oneshot-silent": ONESHOT_SILENT,
    "nested-callback": NESTED_CALLBACK,
    "exclusive-one": EXCLUSIVE_ONE,
    "shared-instance-one": SHARED_INSTANCE_ONE,
    "lifo-wakeup": LIFO_WAKEUP,
}
