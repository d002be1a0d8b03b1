"""kill -9 of a command that runs a guest, at a random time: nothing of the guest may remain."""

from __future__ import annotations

import random
import time

from tests.torture.figures import Figures
from tests.torture.room import room, subject

TITLE, QUICK, LONG, LIVE = "kill -9 of a command with a guest", 1, 20, True
LATEST_S = 40.0


def run(count: int, rng: random.Random) -> Figures:
    """Kill ``count`` commands."""
    figures = Figures()
    for number in range(count):
        after_s = rng.uniform(0, LATEST_S)
        with room() as place:
            words = ("record", "--kernel", "6.1", "-o", place.work / "x.trace", "--")
            command = place.start(*words, *subject("storm", 0))
            time.sleep(after_s)
            figures.tell("guests", len(place.processes_of("qemu")))
            command.kill()
            command.wait()
            place.check(figures, case=f"kill {number} after {after_s:.1f} s")
            if made := [path.name for path in place.work.iterdir()]:
                figures.found("left", f"kill {number} after {after_s:.1f} s: {made}")
        figures.tried += 1
    return figures
