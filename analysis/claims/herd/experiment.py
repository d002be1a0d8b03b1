"""Several processes that wait for the events of one fd."""

from __future__ import annotations

from typing import Final

from analysis.experiments.experiment import Experiment, PhaseSpec


def _herd(model: str, trigger: str = "level") -> PhaseSpec:
    return {
        "name": f"{model}-{trigger}", "model": model, "trigger": trigger, "waiters": 3,
        "rounds": 5,
    }  # fmt: skip


HERDS: Final = Experiment(
    id="herd",
    phases=(
        _herd("poll-herd"),
        _herd("epoll-herd"),
        _herd("epoll-herd", "exclusive"),
        _herd("epoll-shared-herd"),
        _herd("epoll-shared-herd", "edge"),
        {"name": "epoll-shared-herd-leaving", "model": "epoll-shared-herd", "trigger": "edge",
         "waiters": 3, "rounds": 3, "leave": True},
    ),
    detail="steps",
)  # fmt: skip
