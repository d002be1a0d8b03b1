"""Two traces side by side: per phase and family of calls, how far the numbers of a call differ.

A number of calls is compared as it stands; every other metric by the median over the calls that
returned, all traced tasks. It *differs* if the medians are further apart than the middle half
of the calls reaches in either trace. Nothing is judged from evidence that was lost.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import pandas as pd

from analysis.coverage import why_missing
from analysis.digest import digest_of
from analysis.metrics import Spread, spread, spread_of
from analysis.pairing import FamilyPair, PhasePair, pair_families, pair_phases, phases_of
from analysis.trust import doubts_of_borders, doubts_of_needs, doubts_of_records
from analysis.windows.recording import Recorded, Recording
from analysis.windows.spreads import COLUMNS, Spreads, spreads_of
from analysis.windows.totals import Totals
from analysis.windows.window import Key
from tracer.shared.message import joined, message

CALLS: Final = "calls"
TIME: Final = "kernel_ns"
METRICS: Final = COLUMNS
"""What is compared per call, each in the unit of its column of the calls frame."""

NEEDS: Final = {TIME: "off_cpu_ns"}
"""The column whose hooks a metric hangs on, where it has another name."""

FEW: Final = 5
"""Times of fewer calls are not judged: they have no spread to speak of. Counts are exact."""


class Outcome(StrEnum):
    """What becomes of one metric."""

    SAME = "same"
    """The same in every call of both."""
    WITHIN = "within"
    """The medians are no further apart than the calls of one trace are."""
    DIFFERS = "differs"
    FEW = "few calls"
    DOUBTFUL = "doubtful"
    """Evidence was lost, or contradicts itself."""
    MISSING = "missing"
    """Not measured in one trace or both."""
    REFUSED = "refused"
    """The two are not of one kind."""
    NOT_CALLED = "not called"
    """One trace has no call of the family that returned."""


@dataclass(frozen=True)
class Measured:
    """One metric in one trace: its spread, or why there is none; both None: no call returned."""

    spread: Spread | None
    missing: str | None = None
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Row:
    """One metric of a phase and a family in both traces."""

    phase: PhasePair
    family: FamilyPair
    metric: str
    a: Measured
    b: Measured
    outcome: Outcome
    because: str | None
    """Why the outcome is missing, refused or doubtful."""

    @property
    def difference(self) -> float | None:
        """The median of B less that of A; None where they are not to be held together."""
        if self.outcome == Outcome.REFUSED or not (self.a.spread and self.b.spread):
            return None
        return self.b.spread.median - self.a.spread.median

    @property
    def ratio(self) -> float | None:
        """The median of B by that of A; None where that says nothing."""
        if self.difference is None or not (
            self.a.spread and self.b.spread and self.a.spread.median
        ):
            return None
        return self.b.spread.median / self.a.spread.median

    @property
    def alike(self) -> bool:
        """Whether both are spread the same, whatever they are worth."""
        a, b = self.a.spread, self.b.spread
        return a is not None and b is not None and (a == b or _same_in_all(a, b))


@dataclass(frozen=True, eq=False)
class Side:
    """A trace to be compared, what it comes to, and where its records are not to be believed."""

    recording: Recording
    totals: Totals
    spreads: Spreads
    doubts: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two traces, what was joined with what, and each metric of it.

    ``times_refused`` says why times are not compared, None where they are.
    """

    a: Side
    b: Side
    phases: tuple[PhasePair, ...]
    rows: tuple[Row, ...]
    times_refused: str | None


def compare(a: Recorded, b: Recorded) -> Comparison:
    """Return what differs between two traces."""
    sides = _side(a.recording), _side(b.recording)
    phases = tuple(pair_phases(*(phases_of(side.recording, side.totals) for side in sides)))
    refused = _times_refused(a.recording, b.recording)
    rows = [row for pair in phases for row in _phase_rows(*sides, pair, refused)]
    return Comparison(*sides, phases, tuple(rows), refused)


def _side(recording: Recording) -> Side:
    doubts = [*doubts_of_borders(recording), *doubts_of_records(recording)]
    manifest = recording.manifest
    if manifest.is_live:
        doubts.insert(0, message("it is still being recorded: its end is missing"))
    elif manifest.losses is None and manifest.state == "recording":
        doubts.insert(0, message("the recorder was killed: what was lost is not known"))
    return Side(recording, digest_of(recording).totals, spreads_of(recording), tuple(doubts))


def _times_refused(a: Recording, b: Recording) -> str | None:
    clocks = a.manifest.machine.clock, b.manifest.machine.clock
    if clocks[0] == clocks[1]:
        return None
    return message(
        "the clock of A is {a}, that of B is {b}: their ns are not the same thing",
        a=clocks[0],
        b=clocks[1],
    )


def _phase_rows(a: Side, b: Side, pair: PhasePair, refused: str | None) -> Iterator[Row]:
    if not (pair.a and pair.b):
        return
    called_a, called_b = _families(a, pair.a.number), _families(b, pair.b.number)
    for family in pair_families(called_a, called_b):
        of_a = _measured(a, pair.a.number, family.a)
        of_b = _measured(b, pair.b.number, family.b)
        for metric in (CALLS, *METRICS):
            outcome, because = _outcome(metric, of_a[metric], of_b[metric], refused)
            yield Row(pair, family, metric, of_a[metric], of_b[metric], outcome, because)


def _families(side: Side, phase: int) -> set[str]:
    return {family for number, family in side.totals.by_key if number == phase}


def _measured(side: Side, phase: int, family: str | None) -> dict[str, Measured]:
    """Return each metric of ``family``, which is None where it was not called."""
    if family is None:
        return {CALLS: _number_of_calls(side, 0)} | dict.fromkeys(METRICS, Measured(None))
    calls = side.totals.by_key[phase, family].calls
    per_call = {metric: _per_call(side, (phase, family), metric) for metric in METRICS}
    return {CALLS: _number_of_calls(side, calls)} | per_call


def _number_of_calls(side: Side, count: int) -> Measured:
    doubts = (*side.doubts, *doubts_of_needs(side.recording, ()))
    return Measured(spread(pd.Series([count])), doubts=doubts)


def _per_call(side: Side, key: Key, metric: str) -> Measured:
    column, family = NEEDS.get(metric, metric), key[1]
    missing = why_missing(side.recording.manifest.plan, column, family)
    if missing:
        return Measured(None, missing)
    total, found = side.totals.by_key[key], side.spreads.by_key.get((key, metric))
    returned = total.calls - total.unfinished
    unseen = returned - (found.count if found else 0)
    doubts = (*side.doubts, *doubts_of_needs(side.recording, (f"{column}:{family}",)))
    if unseen:
        doubts += (
            message(
                "{unseen:,} of {calls:,} calls of {family} queued an entry that no hook saw",
                unseen=unseen,
                calls=returned,
                family=family,
            ),
        )
    if found is None:
        return Measured(None, doubts[-1] if unseen else None)
    return Measured(spread_of(found), None, doubts)


def _outcome(
    metric: str, a: Measured, b: Measured, refused: str | None
) -> tuple[Outcome, str | None]:
    if a.missing or b.missing:
        return Outcome.MISSING, _in_both(a.missing, b.missing)
    if a.spread is None or b.spread is None:
        return Outcome.NOT_CALLED, None
    if metric == TIME and refused:
        return Outcome.REFUSED, refused
    if a.doubts or b.doubts:
        return Outcome.DOUBTFUL, _in_both(joined("; ", a.doubts), joined("; ", b.doubts))
    return _judged(metric, a.spread, b.spread), None


def _judged(metric: str, a: Spread, b: Spread) -> Outcome:
    if metric == TIME and min(a.count, b.count) < FEW:
        return Outcome.FEW
    if _same_in_all(a, b):
        return Outcome.SAME
    apart = abs(b.median - a.median) > max(a.middle_half, b.middle_half)
    return Outcome.DIFFERS if apart else Outcome.WITHIN


def _same_in_all(a: Spread, b: Spread) -> bool:
    return a.constant and b.constant and a.median == b.median


def _in_both(a: str | None, b: str | None) -> str:
    if a == b and a:
        return message("in both: {why}", why=a)
    sides = (("A", a), ("B", b))
    return joined(
        "; ", [message("in {name}: {why}", name=name, why=why) for name, why in sides if why]
    )
