"""What is run to decide the claims: phases for the workloads, as data."""

from __future__ import annotations

from typing import Final

from analysis.experiments.epoll_life import EPOLL_LIFE
from analysis.experiments.experiment import Experiment
from analysis.experiments.mux import MUX
from analysis.experiments.waits import WAITS
from tracer.errors import unknown_name

__all__ = ["EPOLL_LIFE", "EXPERIMENTS", "MUX", "WAITS", "Experiment", "experiment"]

EXPERIMENTS: Final = (WAITS, MUX, EPOLL_LIFE)


def experiment(name: str) -> Experiment:
    """Return the experiment called ``name``; UsageError names the nearest if there is none."""
    for each in EXPERIMENTS:
        if each.id == name:
            return each
    raise unknown_name("experiment", name, [each.id for each in EXPERIMENTS])
