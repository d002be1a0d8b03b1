"""Many short processes, one after the other."""

from __future__ import annotations

import random

from tests.torture.figures import Figures
from tests.torture.tasks import repeated

TITLE, QUICK, LONG, LIVE = "20,000 short forks", 1, 3, True
TASKS, QUICK_TASKS = 20_000, 500


def run(count: int, rng: random.Random) -> Figures:
    """Record them ``count`` times; a single time is the quick one, with 500."""
    return repeated("forks", QUICK_TASKS if count == QUICK else TASKS, count, rng)
