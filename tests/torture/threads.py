"""Many threads alive at the same time, up to the machine's pid_max."""

from __future__ import annotations

import random

from tests.torture.figures import Figures
from tests.torture.tasks import record_tasks

TITLE, QUICK, LONG, LIVE = "threads at the same time", 500, 20_000, True


def run(count: int, _rng: random.Random) -> Figures:
    """Record ``count`` of them in one recording."""
    return record_tasks("threads", count)
