"""Any file of a trace changed in any way: every command refuses it, or says nothing absurd."""

from __future__ import annotations

import random

from tests.fuzz import campaign
from tests.torture.figures import Figures, Kind

TITLE, QUICK, LONG, LIVE = "mutated traces through every command", 30, 10_000, False


def run(count: int, rng: random.Random) -> Figures:
    """Mutate ``count`` traces."""
    figures = Figures(kernel="any")
    first = rng.randrange(1 << 32)
    seeds = ((seed, campaign.subject(seed)) for seed in range(first, first + count))
    for tried in campaign.run(seeds):
        figures.tried += 1
        figures.tell(tried.fate)
        for problem in tried.problems:
            kind: Kind = "wrong" if "absurd: " in problem.partition("\n")[0] else "tracebacks"
            figures.found(kind, f"seed {tried.seed} ({tried.trace}): {problem[-300:]}")
    return figures
