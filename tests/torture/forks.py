"""Many short processes, one after the other."""

from __future__ import annotations

import random

from tests.torture.figures import Figures
from tests.torture.tasks import record_tasks

TITLE, QUICK, LONG, LIVE = "short forks, one after the other", 500, 20_000, True


def run(count: int, _rng: random.Random) -> Figures:
    """Record ``count`` of them in one recording."""
    return record_tasks("forks", count)
