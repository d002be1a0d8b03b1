"""Calls in which the points of this topic's claims are seen, and what is told of them."""

from __future__ import annotations

from tests.analysis.claims.epoll_modes.scenes import nested, oneshot, triggered
from tests.analysis.making import Scene, scene

TIMELINES: dict[str, tuple[Scene, list[str]]] = {
    "et-no-repoll": (
        scene(triggered, "edge", (0, 0), drain=False),
        ["returns from epoll_wait", "calls epoll_wait", "gives up"],
    ),
    "oneshot-silent": (oneshot, ["nobody is woken", "to watch fd 4 anew", "calls epoll_wait"]),
    "nested-callback": (
        nested,
        ["callback of fd 4", "callback of fd 20", "own queue", "calls epoll_wait on fd 20"],
    ),
}
"""By id of the claim: the scene, and words of its moments in order."""
