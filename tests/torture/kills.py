"""kill -9 of a recorder at a random time.

The command is the user's and goes on, untraced: a report on the trace has its pid.
"""

from __future__ import annotations

import random
import time

from tests.torture.figures import Figures
from tests.torture.room import check_trace, end_command, room, subject

TITLE, QUICK, LONG, LIVE = "kill -9 of the recorder, at random times", 2, 100, True
LATEST_S = 6.0
"""From the start of Python to well into the recording."""


def run(count: int, rng: random.Random) -> Figures:
    """Kill ``count`` recorders."""
    figures = Figures()
    for number in range(count):
        _kill(figures, f"kill {number}", rng.uniform(0, LATEST_S))
        figures.tried += 1
    return figures


def _kill(figures: Figures, case: str, after_s: float) -> None:
    with room() as place:
        trace = place.work / "x.trace"
        recorder = place.start("record", "-o", trace, "--", *subject("storm", 0))
        time.sleep(after_s)
        place.note_programs(recorder.pid)
        recorder.kill()
        recorder.wait()
        case = f"{case} after {after_s:.2f} s"
        if trace.exists():
            figures.tell("traces")
            check_trace(figures, trace, case)
        end_command(figures, place, trace, case)
        place.check(figures, case=case)
