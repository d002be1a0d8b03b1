"""epoll: watched fds from ADD to close, and poll for comparison."""

from __future__ import annotations

from typing import Final

from analysis.experiments.experiment import Experiment, asleep, ready, unready

EPOLL_LIFE: Final = Experiment(
    id="epoll-life",
    phases=(
        asleep("epoll", 41, "middle", 11),
        ready("epoll", 41, "last", 23, active=7),
        ready("epoll", 211, "middle", 23),
        unready("epoll", 41, 3, 50),
        ready("poll", 41, "last", 5),
        asleep("poll", 41, "last", 3),
        {"name": "epoll-memory", "model": "epoll-memory"},
    ),
    detail="steps",
)  # fmt: skip
