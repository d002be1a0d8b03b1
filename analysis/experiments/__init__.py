"""What is run to decide the claims: phases for the workloads, as data."""

from __future__ import annotations

from typing import Final

from analysis.experiments.async_io import ASYNC_IO
from analysis.experiments.cost import COST, IDLE
from analysis.experiments.crowds import CROWDS
from analysis.experiments.epoll_life import EPOLL_LIFE
from analysis.experiments.epoll_modes import EPOLL_MODES
from analysis.experiments.experiment import Boot, Experiment
from analysis.experiments.file_max import FILE_MAX
from analysis.experiments.limits import LIMITS
from analysis.experiments.mux import MUX
from analysis.experiments.naps import NAPS
from analysis.experiments.waits import WAITS
from tracer.shared.errors import unknown_name

__all__ = [
    "ASYNC_IO",
    "COST",
    "CROWDS",
    "EPOLL_LIFE",
    "EPOLL_MODES",
    "EXPERIMENTS",
    "FILE_MAX",
    "IDLE",
    "LIMITS",
    "MUX",
    "NAPS",
    "WAITS",
    "Boot",
    "Experiment",
    "experiment",
]

EXPERIMENTS: Final = (
    WAITS,
    MUX,
    EPOLL_LIFE,
    COST,
    IDLE,
    LIMITS,
    FILE_MAX,
    NAPS,
    EPOLL_MODES,
    CROWDS,
    ASYNC_IO,
)


def experiment(name: str) -> Experiment:
    """Return the experiment called ``name``; UsageError names the nearest if there is none."""
    for each in EXPERIMENTS:
        if each.id == name:
            return each
    raise unknown_name("experiment", name, [each.id for each in EXPERIMENTS])
