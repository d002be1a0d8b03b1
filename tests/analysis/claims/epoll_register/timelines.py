"""Calls in which the points of this topic's claims are seen, and what is told of them."""

from __future__ import annotations

from tests.analysis.making import Scene
from tests.analysis.timeline.scenes import epoll_asleep

TIMELINES: dict[str, tuple[Scene, list[str]]] = {
    "epoll-ctl-event-driven": (
        epoll_asleep,
        ["is to watch fd 8", "queues an entry", "calls epoll_wait", "runs the callback of fd 8"],
    ),
}
"""By id of the claim: the scene, and words of its moments in order."""
