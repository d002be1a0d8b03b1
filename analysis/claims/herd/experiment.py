"""Several processes that wait for the events of one fd."""

from __future__ import annotations

from typing import Final

from analysis.experiments.experiment import Experiment, PhaseSpec


def _crowd(model: str, trigger: str = "level") -> PhaseSpec:
    return {
        "name": f"{model}-{trigger}", "model": model, "trigger": trigger, "waiters": 3,
        "rounds": 5,
    }  # fmt: skip


CROWDS: Final = Experiment(
    id="crowds",
    phases=(
        _crowd("poll-crowd"),
        _crowd("epoll-crowd"),
        _crowd("epoll-crowd", "exclusive"),
        _crowd("epoll-shared-crowd"),
        _crowd("epoll-shared-crowd", "edge"),
        {"name": "epoll-shared-crowd-leaving", "model": "epoll-shared-crowd", "trigger": "edge",
         "waiters": 3, "rounds": 3, "leave": True},
    ),
    detail="steps",
)  # fmt: skip
