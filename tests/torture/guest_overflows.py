"""`tests.torture.overflows` in a guest, where all probes are attached."""

from __future__ import annotations

import random

from tests.torture.figures import Figures
from tests.torture.guest import run_in_guest

TITLE, QUICK, LONG, LIVE = "forced overflows in a guest", 2, 100, True


def run(count: int, rng: random.Random) -> Figures:
    """Overflow ``count`` rings in one boot."""
    return run_in_guest("overflows", count, rng)
