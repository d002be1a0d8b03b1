"""Two traces side by side: per phase and family of calls, how far the numbers of a call differ.

A number of calls is compared as it stands; every other metric by the median over the calls that
returned, all traced tasks. It *differs* if the medians are further apart than the middle half
of the calls reaches in either trace. Of several recordings on a side each has a median of its own:
it differs if the medians of the sides are further apart than the recordings of either side are
from each other. Nothing is judged from evidence that was lost.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median
from typing import Any, Final

import pandas as pd

from analysis.compare_sides import Counted, Member, Side, side_of
from analysis.coverage import why_missing
from analysis.metrics import Spread, spread, spread_of
from analysis.pairing import FamilyPair, PhasePair, pair_families, pair_phases, phases_of
from analysis.trust import doubts_of_needs
from analysis.windows.recording import Recorded, Recording
from analysis.windows.spreads import COLUMNS
from analysis.windows.window import Key
from tracer.shared.message import joined, message

CALLS: Final = "calls"
TIME: Final = "kernel_ns"
METRICS: Final = COLUMNS
"""What is compared per call, each in the unit of its column of the calls frame."""

ALL: Final = FamilyPair("all", "all")
"""Stands where a metric is of the calls of all families of a phase together."""
EVENT: Final = ("kernel_ns_per_event", "calls_per_event")
REQUEST: Final = ("kernel_ns_per_request", "calls_per_request")
COSTS: Final = (*EVENT, *REQUEST)
"""What an event and a request cost; see analysis.compare_sides.Served."""

NEEDS: Final = {TIME: "off_cpu_ns"} | dict.fromkeys((EVENT[0], REQUEST[0]), "off_cpu_ns")
"""The column whose hooks a metric hangs on, where it has another name."""
TIMES: Final = frozenset((TIME, EVENT[0], REQUEST[0]))

FEW: Final = 5
"""Times of fewer calls are not judged: they have no spread to speak of. Counts are exact."""
SEVERAL: Final = 3
"""Recordings on either side from which their own spread is enough to judge by."""


class Outcome(StrEnum):
    """What becomes of one metric."""

    SAME = "same"
    """The same in every call of both."""
    WITHIN = "within"
    """The medians are no further apart than the calls of one trace are."""
    DIFFERS = "differs"
    FEW = "few calls"
    ALONE = "one recording"
    """A figure of a whole recording, of which there is one: it has no spread."""
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
    """One metric on one side: its spread, or why there is none; both None: no call returned.

    ``spread`` is over the calls of all recordings, or over recordings where a metric is of a whole
    one. ``medians`` has each recording's own, where there are several.
    """

    spread: Spread | None
    missing: str | None = None
    doubts: tuple[str, ...] = ()
    medians: tuple[float, ...] = ()

    @property
    def median(self) -> float | None:
        """The median over calls; of several recordings the median of theirs."""
        if self.medians:
            return median(self.medians)
        return self.spread.median if self.spread else None

    @property
    def between(self) -> float:
        """How far recordings lie apart; 0 of one."""
        return max(self.medians) - min(self.medians) if self.medians else 0


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
        a, b = self.a.median, self.b.median
        return None if self.outcome == Outcome.REFUSED or a is None or b is None else b - a

    @property
    def ratio(self) -> float | None:
        """The median of B by that of A; None where that says nothing."""
        a, b = self.a.median, self.b.median
        return b / a if self.difference is not None and a and b is not None else None

    @property
    def alike(self) -> bool:
        """Whether both are spread the same, whatever they are worth."""
        a, b = self.a.spread, self.b.spread
        return a is not None and b is not None and (a == b or _same_in_all(a, b))


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


NONE_SERVED: Final = Measured(None)
"""No event was handed over, or no request read: there is nothing that could have cost."""


def compare(a: Sequence[Recorded], b: Sequence[Recorded], who: Collection[str] = ()) -> Comparison:
    """Return what differs between two traces, or between two sides of several.

    ``who``: count the calls of these programs only. UsageError: see analysis.compare_sides.
    """
    sides = side_of(a, who), side_of(b, who)
    phases = tuple(pair_phases(*(phases_of(side.recording, side.counted.totals) for side in sides)))
    refused = _times_refused(sides[0].recording, sides[1].recording)
    rows = [row for pair in phases for row in _phase_rows(*sides, pair, refused)]
    return Comparison(*sides, phases, tuple(rows), refused)


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
    costs_a, costs_b = _costs(a, pair.a.number), _costs(b, pair.b.number)
    for metric in COSTS:
        if costs_a[metric] == costs_b[metric] == NONE_SERVED:
            continue
        outcome, because = _outcome(metric, costs_a[metric], costs_b[metric], refused)
        yield Row(pair, ALL, metric, costs_a[metric], costs_b[metric], outcome, because)
    called_a, called_b = _families(a, pair.a.number), _families(b, pair.b.number)
    for family in pair_families(called_a, called_b):
        of_a = _measured(a, pair.a.number, family.a)
        of_b = _measured(b, pair.b.number, family.b)
        for metric in (CALLS, *METRICS):
            outcome, because = _outcome(metric, of_a[metric], of_b[metric], refused)
            yield Row(pair, family, metric, of_a[metric], of_b[metric], outcome, because)


def _families(side: Side, phase: int) -> set[str]:
    return {family for number, family in side.counted.totals.by_key if number == phase}


def _measured(side: Side, phase: int, family: str | None) -> dict[str, Measured]:
    """Return each metric of ``family``, which is None where it was not called."""
    if family is None:
        return {CALLS: _whole(side, [0])} | dict.fromkeys(METRICS, Measured(None))
    key = phase, family
    calls = [_calls(member.counted, key) for member in side.members]
    return {CALLS: _whole(side, calls)} | {
        metric: _per_call(side, key, metric) for metric in METRICS
    }


def _calls(counted: Counted, key: Key) -> int:
    return counted.totals.by_key[key].calls if key in counted.totals.by_key else 0


def _costs(side: Side, phase: int) -> dict[str, Measured]:
    """Return what an event and a request cost on ``side``; neither where there was none."""
    return {metric: _cost(side, phase, metric) for metric in COSTS}


def _cost(side: Side, phase: int, metric: str) -> Measured:
    plan = side.recording.manifest.plan
    timed = metric in TIMES
    missing = why_missing(plan, NEEDS[metric], None) if timed else None
    if missing:
        return Measured(None, missing)
    found = [_cost_of(member.counted, phase, metric) for member in side.members]
    known = [each for each in found if each is not None]
    if not known:
        return NONE_SERVED
    return _whole(side, known, ("off_cpu_ns",) if timed else ())


def _cost_of(counted: Counted, phase: int, metric: str) -> float | None:
    served = counted.served.get(phase)
    if served is None:
        return None
    many = served.events if metric in EVENT else served.requests
    if metric in TIMES:
        cost = sum(
            found.total
            for ((number, _), column), found in counted.spreads.by_key.items()
            if number == phase and column == TIME
        )
    else:
        cost = sum(
            total.calls for (number, _), total in counted.totals.by_key.items() if number == phase
        )
    return cost / many if many else None


def _whole(side: Side, numbers: Sequence[float], needs: Sequence[str] = ()) -> Measured:
    """Return a metric of which each recording has one number."""
    doubts = (*side.doubts, *_doubts_of_needs(side, needs))
    medians = tuple(map(float, numbers)) if len(side.members) > 1 else ()
    found: pd.Series[Any] = pd.Series(list(numbers), dtype="float64")
    return Measured(spread(found), None, doubts, medians)


def _doubts_of_needs(side: Side, needs: Sequence[str]) -> Iterator[str]:
    for member in side.members:
        for doubt in doubts_of_needs(member.recording, needs):
            yield side.named(member, doubt)


def _per_call(side: Side, key: Key, metric: str) -> Measured:
    column, family = NEEDS.get(metric, metric), key[1]
    for member in side.members:
        missing = why_missing(member.recording.manifest.plan, column, family)
        if missing:
            return Measured(None, side.named(member, missing))
    doubts = (*side.doubts, *_doubts_of_needs(side, (f"{column}:{family}",)))
    unseen = [text for member in side.members for text in _unseen(side, member, key, metric)]
    found = side.counted.spreads.by_key.get((key, metric))
    if found is None:
        return Measured(None, unseen[-1] if unseen else None)
    medians: tuple[float, ...] = ()
    if len(side.members) > 1:
        each = [member.counted.spreads.by_key.get((key, metric)) for member in side.members]
        medians = tuple(one.quantile(0.5) for one in each if one is not None)
    return Measured(spread_of(found), None, (*doubts, *unseen), medians)


def _unseen(side: Side, member: Member, key: Key, metric: str) -> Iterator[str]:
    """Say of how many calls of ``member`` the metric is not known."""
    total = member.counted.totals.by_key.get(key)
    if total is None:
        return
    found = member.counted.spreads.by_key.get((key, metric))
    returned = total.calls - total.unfinished
    unseen = returned - (found.count if found else 0)
    if unseen:
        told = message(
            "{unseen:,} of {calls:,} calls of {family} queued an entry that no hook saw",
            unseen=unseen,
            calls=returned,
            family=key[1],
        )
        yield side.named(member, told)


def _outcome(
    metric: str, a: Measured, b: Measured, refused: str | None
) -> tuple[Outcome, str | None]:
    if a.missing or b.missing:
        return Outcome.MISSING, _in_both(a.missing, b.missing)
    if a.spread is None or b.spread is None:
        return Outcome.NOT_CALLED, None
    if metric in TIMES and refused:
        return Outcome.REFUSED, refused
    if a.doubts or b.doubts:
        return Outcome.DOUBTFUL, _in_both(joined("; ", a.doubts), joined("; ", b.doubts))
    return _judged(metric, a, b), None


def _judged(metric: str, a: Measured, b: Measured) -> Outcome:
    assert a.spread
    assert b.spread
    several = min(len(a.medians), len(b.medians)) >= SEVERAL
    if metric == TIME and not several and min(a.spread.count, b.spread.count) < FEW:
        return Outcome.FEW
    if _same_in_all(a.spread, b.spread):
        return Outcome.SAME
    if metric in COSTS and not (a.medians and b.medians):
        return Outcome.ALONE
    assert a.median is not None
    assert b.median is not None
    reach = max(a.between, b.between)
    if not several and metric not in (CALLS, *COSTS):
        reach = max(reach, a.spread.middle_half, b.spread.middle_half)
    return Outcome.DIFFERS if abs(b.median - a.median) > reach else Outcome.WITHIN


def _same_in_all(a: Spread, b: Spread) -> bool:
    return a.constant and b.constant and a.median == b.median


def _in_both(a: str | None, b: str | None) -> str:
    if a == b and a:
        return message("in both: {why}", why=a)
    sides = (("A", a), ("B", b))
    return joined(
        "; ", [message("in {name}: {why}", name=name, why=why) for name, why in sides if why]
    )
