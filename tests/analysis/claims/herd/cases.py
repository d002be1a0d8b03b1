"""The cases of the claims on several waiters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from analysis.verdicts.engine import CORRECTED, REFUTED, SUPPORTED
from tests.analysis.claims.fits_words import Fits, Numbers, between
from tests.analysis.claims.herd import scenes as herd_scenes
from tests.analysis.claims.herd.scenes import (
    Choose,
    all_of_them,
    first,
    first_then_last,
    last,
    none_of_them,
    two_on_one_queue,
    two_once,
)
from tests.analysis.making import UNDECIDED, Cases, Scene, scene, steps


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

TIMELINES: dict[str, tuple[Scene, list[str]]] = {
    "exclusive-one": (two_on_one_queue, ["gives up", "runs the callback", "returns from epoll"]),
}
"""The scene of a timeline, and words of its moments in order."""

OTHERS = "of them followed by wakeups of others"
EXCLUSIVE = "waiters woken by events with EPOLLEXCLUSIVE"
HERD = "waiters woken by events without the flag"


def one_each(numbers: Numbers) -> bool:
    """Return whether each event, with either trigger, woke just one waiter."""
    return all(
        numbers[f"events of {kind} fd"] == numbers[f"waiters woken by events of {kind} fd"]
        for kind in ("a level-triggered", "an edge-triggered")
    )


FITS: Mapping[str, Mapping[str, Fits]] = {
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
    "shared-instance-one": {
        "An event wakes just": lambda n: (
            one_each(n) and n[OTHERS] == n["of those followed by wakeups of others"] == 0
        ),
        "An event wakes one waiter": lambda n: (
            one_each(n) and n[OTHERS] > 0 and n["of those followed by wakeups of others"] == 0
        ),
        "An event does not always": lambda n: (
            not one_each(n) or n["of those followed by wakeups of others"] > 0
        ),
        "An event never": lambda n: not one_each(n),
    },
    "lifo-wakeup": {
        "Of the waiters in one epoll instance, an event first wakes": lambda n: (
            n["of them first woke the one that fell asleep last"]
            == n["events that woke one of several sleeping waiters"]
            and n["waiters that were woken first"] > 1
        ),
        "Of the waiters in one epoll instance, some": lambda n: between(
            n,
            "of them first woke the one that fell asleep last",
            "events that woke one of several sleeping waiters",
        ),
        "Of the waiters in one epoll instance, an event does not": lambda n: (
            n["of them first woke the one that fell asleep last"] == 0
        ),
    },
}
"""What a verdict's numbers must be for its answer, given by its first words."""
