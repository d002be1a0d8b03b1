"""Many threads that live at the same time; pid_max is what the machine allows."""

from __future__ import annotations

import random

from tests.torture.figures import Figures
from tests.torture.tasks import repeated

TITLE, QUICK, LONG, LIVE = "20,000 threads at the same time", 1, 3, True
TASKS, QUICK_TASKS = 20_000, 500


def run(count: int, rng: random.Random) -> Figures:
    """Record them ``count`` times; a single time is the quick one, with 500."""
    return repeated("threads", QUICK_TASKS if count == QUICK else TASKS, count, rng)
