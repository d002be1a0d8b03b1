"""Too few file descriptors, at every stage of a recording."""

from __future__ import annotations

import random

from tests.torture.figures import Figures
from tests.torture.room import check_trace, room

TITLE, QUICK, LONG, LIVE = "no file descriptors left", 3, 100, True
LEAST, MOST = 5, 64
"""With 4 no Python of a virtual environment starts: its ``site`` opens two files at once."""


def run(count: int, rng: random.Random) -> Figures:
    """Record with ``count`` limits."""
    figures = Figures()
    for _ in range(count):
        limit = rng.randint(LEAST, MOST)
        case = f"limit {limit}"
        with room() as place:
            trace = place.work / "x.trace"
            before = ["prlimit", f"--nofile={limit}", "--"]
            done = place.run("record", "-o", trace, "--", "true", before=before)
            said = done.stdout + done.stderr
            if done.returncode and b"tracer: " not in said:
                figures.found("wrong", f"{case}: exit code {done.returncode}: {said[-200:]!r}")
            if trace.exists():
                check_trace(figures, trace, case, whole=done.returncode == 0)
            figures.tell("recorded", int(done.returncode == 0))
            place.check(figures, said, case)
        figures.tried += 1
    return figures
