"""Calls in which the points of this topic's claims are seen, and what is told of them."""

from __future__ import annotations

from tests.analysis.claims.spurious_wakeups.scenes import spurious
from tests.analysis.making import Scene, scene

TIMELINES: dict[str, tuple[Scene, list[str]]] = {
    "mux-many-spurious": (scene(spurious, "poll"), ["gives up", "is on the CPU", "gives up"]),
    "epoll-many-spurious": (
        scene(spurious, "epoll_wait"),
        ["gives up", "is on the CPU", "gives up"],
    ),
}
"""By id of the claim: the scene, and words of its moments in order."""
