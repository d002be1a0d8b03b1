"""Two sides of a comparison: per phase and family of calls, how far the numbers of a call differ.

A number of calls is compared directly; every other metric by the median over the calls that
returned, of all traced tasks. It *differs* if the medians are further apart than the middle half of
the calls spans in either trace. With several recordings on a side each has its own median: it
differs if the medians of the sides are further apart than the recordings of either side are from
each other, and none of one lies among those of the other. Nothing is judged from evidence that was
lost.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import pandas as pd

from analysis.checks.trust import doubts_of_needs
from analysis.comparison.alike import times_refused
from analysis.comparison.costs import COSTS, NONE_SERVED, TIMED, costs_of
from analysis.comparison.findings import FoundOnce, findings_of
from analysis.comparison.pairing import FamilyPair, PhasePair, pair_families, pair_phases, phases_of
from analysis.comparison.sides import Counted, Member, Side, side_of
from analysis.comparison.values import (
    Measured,
    Outcome,
    judged_calls,
    judged_count,
    judged_whole,
    same_in_all,
)
from analysis.findings.registry import RULES
from analysis.findings.rule import Rule
from analysis.metrics import spread, spread_of
from analysis.trace.coverage import why_missing
from analysis.windows.families import Key
from analysis.windows.recording import Recorded
from analysis.windows.spreads import COLUMNS
from tracer.shared.message import joined, message

CALLS: Final = "calls"
TIME: Final = "kernel_ns"
METRICS: Final = COLUMNS
"""What is compared per call, each in the unit of its column of the calls frame."""

ALL: Final = FamilyPair("all", "all")
"""In place of a family, for a metric of the calls of all families of a phase."""
NEEDS: Final = {TIME: "off_cpu_ns"}
"""The column whose hooks a metric depends on, if it has another name."""
TIMES: Final = frozenset((TIME, *TIMED))


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
        """The median of B minus that of A; None if they must not be compared."""
        a, b = self.a.median, self.b.median
        return None if self.outcome == Outcome.REFUSED or a is None or b is None else b - a

    @property
    def ratio(self) -> float | None:
        """The median of B divided by that of A; None if that is meaningless."""
        a, b = self.a.median, self.b.median
        return b / a if self.difference is not None and a and b is not None else None

    @property
    def alike(self) -> bool:
        """Tell whether both have the same spread, whether or not they are reliable."""
        a, b = self.a.spread, self.b.spread
        return a is not None and b is not None and (a == b or same_in_all(a, b))


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two traces, which phases and families were paired, and each metric.

    ``times_refused`` says why times are not compared; None: they are. ``findings`` are those of
    either side, ``who`` the programs whose calls are counted; (): all.
    """

    a: Side
    b: Side
    phases: tuple[PhasePair, ...]
    rows: tuple[Row, ...]
    times_refused: str | None
    findings: tuple[FoundOnce, ...]
    who: tuple[str, ...] = ()


def compare(
    a: Sequence[Recorded],
    b: Sequence[Recorded],
    who: Collection[str] = (),
    rules: Sequence[Rule] = RULES,
) -> Comparison:
    """Return what differs between two traces, or between two sides of several.

    ``who``: count the calls of these programs only. ``rules``: those whose findings are compared.
    UsageError: see analysis.comparison.sides.
    """
    sides = side_of(a, who, rules), side_of(b, who, rules)
    phases = tuple(pair_phases(*(phases_of(side.recording, side.counted.totals) for side in sides)))
    refused = times_refused(*sides)
    rows = [row for pair in phases for row in _phase_rows(*sides, pair, refused)]
    found = tuple(findings_of(*sides, who, rules))
    return Comparison(*sides, phases, tuple(rows), refused, found, tuple(who))


def _phase_rows(a: Side, b: Side, pair: PhasePair, refused: str | None) -> Iterator[Row]:
    if not (pair.a and pair.b):
        return
    costs_a, costs_b = costs_of(a, pair.a.number), costs_of(b, pair.b.number)
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
    """Return each metric of ``family``; None: the family was not called."""
    if family is None:
        return {CALLS: _number_of_calls(side, [0] * len(side.members))} | dict.fromkeys(
            METRICS, Measured(None)
        )
    key = phase, family
    calls = [_calls(member.counted, key) for member in side.members]
    return {CALLS: _number_of_calls(side, calls)} | {
        metric: _per_call(side, key, metric) for metric in METRICS
    }


def _calls(counted: Counted, key: Key) -> int:
    return counted.totals.by_key[key].calls if key in counted.totals.by_key else 0


def _number_of_calls(side: Side, numbers: Sequence[int]) -> Measured:
    doubts = (*side.doubts, *_doubts_of_needs(side, ()))
    medians = tuple(map(float, numbers)) if len(side.members) > 1 else ()
    return Measured(spread(pd.Series(list(numbers))), None, doubts, medians)


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
    """Return for how many calls of ``member`` the metric is not known."""
    total = member.counted.totals.by_key.get(key)
    if total is None:
        return
    found = member.counted.spreads.by_key.get((key, metric))
    returned = total.calls - total.unfinished
    unseen = returned - (found.count if found else 0)
    if unseen:
        reason = message(
            "{unseen:,} of {calls:,} calls of {family} queued an entry that no hook saw",
            unseen=unseen,
            calls=returned,
            family=key[1],
        )
        yield side.named(member, reason)


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
    if metric in COSTS:
        return judged_whole(a, b)
    return judged_count(a, b) if metric == CALLS else judged_calls(a, b, timed=metric == TIME)


def _in_both(a: str | None, b: str | None) -> str:
    if a == b and a:
        return message("in both: {why}", why=a)
    sides = (("A", a), ("B", b))
    return joined(
        "; ", [message("in {name}: {why}", name=name, why=why) for name, why in sides if why]
    )
