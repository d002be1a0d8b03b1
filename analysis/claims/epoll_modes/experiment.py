"""epoll's flags and an instance inside another: level, edge, ONESHOT, nested."""

from __future__ import annotations

from typing import Final

from analysis.experiments.experiment import Experiment, PhaseSpec


def _triggered(trigger: str, *, drain: bool) -> PhaseSpec:
    """Return a phase whose fd gets events while its waiter sleeps; ``drain``: it is read."""
    left = "" if drain else "-undrained"
    return {
        "name": f"epoll-{trigger}{left}", "model": "epoll", "fds": 5, "rounds": 11,
        "trigger": trigger, "drain": drain, "waker": "while-asleep", "delay_ms": 1,
    }  # fmt: skip


EPOLL_MODES: Final = Experiment(
    id="epoll-modes",
    phases=(
        _triggered("level", drain=True),
        _triggered("edge", drain=True),
        _triggered("edge", drain=False),
        {"name": "epoll-oneshot", "model": "epoll-oneshot", "rounds": 7, "delay_ms": 1},
        {"name": "epoll-nested", "model": "epoll-nested", "fds": 5, "rounds": 7,
         "waker": "while-asleep", "delay_ms": 1},
    ),
    detail="steps",
)  # fmt: skip
