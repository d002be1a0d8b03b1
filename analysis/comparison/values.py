"""One number on two sides: its spread, and whether the difference exceeds it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from statistics import median
from typing import Final

from analysis.metrics import Spread

FEW: Final = 5
"""Times of fewer calls are not judged: they have no meaningful spread. Counts are exact."""
SEVERAL: Final = 3
"""With so many recordings on each side, the spread between them suffices to judge."""


class Outcome(StrEnum):
    """The outcome for one metric."""

    SAME = "same"
    """The same in every call of both."""
    WITHIN = "within"
    """The sides are no further apart than the calls, or the recordings, of one of them are."""
    DIFFERS = "differs"
    FEW = "few calls"
    ALONE = "one recording"
    """A figure of a whole recording, of which there is only one: it has no spread."""
    DOUBTFUL = "doubtful"
    """Evidence was lost, or contradicts itself."""
    MISSING = "missing"
    """Not measured in one trace or both."""
    REFUSED = "refused"
    """The two are not comparable."""
    NOT_CALLED = "not called"
    """One trace has no finished call of the family."""


@dataclass(frozen=True)
class Measured:
    """One metric on one side: its spread, or why there is none; both None: no call returned.

    ``spread`` is over the calls of all recordings, or over recordings if the metric is of a whole
    one. ``medians`` has each recording's own, if there are several.
    """

    spread: Spread | None
    missing: str | None = None
    doubts: tuple[str, ...] = ()
    medians: tuple[float, ...] = ()

    @property
    def median(self) -> float | None:
        """The median over calls; for several recordings, the median of their medians."""
        if self.medians:
            return median(self.medians)
        return self.spread.median if self.spread else None

    @property
    def reach(self) -> tuple[float, float] | None:
        """The least and the most of several recordings; None for one."""
        return (min(self.medians), max(self.medians)) if self.medians else None

    @property
    def between(self) -> float:
        """How far recordings are apart; 0 for one."""
        return max(self.medians) - min(self.medians) if self.medians else 0


def judged_calls(a: Measured, b: Measured, *, timed: bool) -> Outcome:
    """Return whether a number of single calls differs; with few recordings the calls count too."""
    assert a.spread, "somebody asked for a metric that no call has"
    assert b.spread, "somebody asked for a metric that no call has"
    several = min(len(a.medians), len(b.medians)) >= SEVERAL
    if timed and not several and min(a.spread.count, b.spread.count) < FEW:
        return Outcome.FEW
    if same_in_all(a.spread, b.spread):
        return Outcome.SAME
    return _apart(a, b, 0 if several else max(a.spread.middle_half, b.spread.middle_half))


def judged_count(a: Measured, b: Measured) -> Outcome:
    """Return whether a number of calls differs: it is exact in each recording."""
    assert a.spread, "a recording has a number of calls"
    assert b.spread, "a recording has a number of calls"
    return Outcome.SAME if same_in_all(a.spread, b.spread) else _apart(a, b, 0)


def judged_whole(a: Measured, b: Measured) -> Outcome:
    """Return whether a figure of whole recordings differs, which takes several on each side."""
    assert a.spread, "somebody asked for a figure that no recording has"
    assert b.spread, "somebody asked for a figure that no recording has"
    if same_in_all(a.spread, b.spread):
        return Outcome.SAME
    return _apart(a, b, 0) if a.medians and b.medians else Outcome.ALONE


def same_in_all(a: Spread, b: Spread) -> bool:
    """Return whether both are the same single number."""
    return a.constant and b.constant and a.median == b.median


def _apart(a: Measured, b: Measured, least: float) -> Outcome:
    """Return whether medians are further apart than ``least`` and than the recordings of a side.

    Nor may a recording of one lie among those of the other.
    """
    assert a.median is not None, "both have a number"
    assert b.median is not None, "both have a number"
    far = abs(b.median - a.median) > max(least, a.between, b.between)
    return Outcome.DIFFERS if far and not _overlap(a, b) else Outcome.WITHIN


def _overlap(a: Measured, b: Measured) -> bool:
    if a.reach is None or b.reach is None:
        return False
    return a.reach[0] <= b.reach[1] and b.reach[0] <= a.reach[1]
