"""Two recorders at the same time, and one that records another."""

from __future__ import annotations

import random
import subprocess

from analysis.checks.trust import common_doubts
from tests.torture.figures import Figures
from tests.torture.room import PATIENCE_S, TRACER, Room, check_trace, room, subject, zero_writes

TITLE, QUICK, LONG, LIVE = "two recorders, and nested ones", 2, 40, True


def run(count: int, rng: random.Random) -> Figures:
    """Record two commands at once, or one inside the other, in turn."""
    figures = Figures()
    for number in range(count):
        made = rng.randint(1_009, 20_011)
        with room() as place:
            (_nested if number % 2 else _beside)(figures, place, made, f"case {number}")
        figures.tried += 1
    return figures


def _beside(figures: Figures, place: Room, made: int, case: str) -> None:
    counts = {"a": made, "b": made + 101}
    recorders = {
        name: place.start("record", "-o", f"{name}.trace", "--", *subject("storm", count))
        for name, count in counts.items()
    }
    for recorder in recorders.values():
        _end(figures, place, recorder, case)
    for name, count in counts.items():
        _exact(figures, place, name, count, case)
    place.check(figures, place.said, case)


def _nested(figures: Figures, place: Room, made: int, case: str) -> None:
    inner = [*TRACER, "record", "-o", "inner.trace", "--", *subject("storm", made)]
    _end(figures, place, place.start("record", "-o", "outer.trace", "--", *inner), case)
    _exact(figures, place, "inner", made, f"{case}, inner")
    _exact(figures, place, "outer", made, f"{case}, outer")
    place.check(figures, place.said, case)


def _end(figures: Figures, place: Room, recorder: subprocess.Popen[bytes], case: str) -> None:
    if recorder.wait(PATIENCE_S):
        said = place.said[-200:]
        figures.found("wrong", f"{case}: exit code {recorder.returncode}: {said!r}")


def _exact(figures: Figures, place: Room, name: str, made: int, case: str) -> None:
    trace = check_trace(figures, place.work / f"{name}.trace", case, whole=True)
    if trace is None:
        return
    kept, lost = zero_writes(trace), (trace.manifest.losses or {})["calls"]
    if kept + lost < made and not common_doubts(trace):
        figures.found("lost", f"{case}: {made} made, {kept} kept, {lost} counted as lost")
    if kept > made:
        figures.found("wrong", f"{case}: {made} made, {kept} kept")
