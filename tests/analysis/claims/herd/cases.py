"""The cases of the claims on several waiters."""

from __future__ import annotations

from typing import Any

from analysis.verdicts.engine import CORRECTED, REFUTED, SUPPORTED
from tests.analysis.claims.herd import scenes as herd_scenes
from tests.analysis.claims.herd.scenes import (
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


def herd(*args: Any, **kwargs: Any) -> Scene:
    return scene(herd_scenes.herd, *args, **kwargs)


def own(choose: Choose, trigger: str = "level", **kwargs: Any) -> Scene:
    return herd("epoll-herd", choose, trigger=trigger, **kwargs)


def shared(choose: Choose, trigger: str = "level", **kwargs: Any) -> Scene:
    return herd("epoll-shared-herd", choose, trigger=trigger, **kwargs)


EXCLUSIVE_ONE: Cases = {
    SUPPORTED: [
        steps(own(all_of_them), own(last, "exclusive")),
        steps(own(all_of_them), own(two_once, "exclusive"), herd("poll-herd", all_of_them)),
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

CASES: dict[str, Cases] = {
    "exclusive-one": EXCLUSIVE_ONE,
    "shared-instance-one": SHARED_INSTANCE_ONE,
    "lifo-wakeup": LIFO_WAKEUP,
}
