"""The page of ``tracer compare``: what came and went, then each metric with its spread."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from analysis.comparison import cells, findings_text
from analysis.comparison.compare import Comparison, Row
from analysis.comparison.findings import FoundOnce
from analysis.comparison.lacking import missing
from analysis.comparison.recordings import cautions, circumstance_rows, hooks, titles
from analysis.comparison.sentences import alone, answer, is_shown, legend, phase_title
from analysis.comparison.values import Measured, Outcome
from analysis.page.document import in_every_language
from analysis.terminal.tables import harmless
from tracer.shared.message import localized

WIDTH: Final = 100.0
"""Of a strip, in units of its own."""


@dataclass(frozen=True)
class Mark:
    """Where a side lies on a strip, 0 to WIDTH: its median, and what its spread reaches."""

    at: float
    first: float
    last: float


@dataclass(frozen=True)
class Line:
    """A metric; ``a`` and ``b`` are median and spread in words, the marks None where none is."""

    family: str
    metric: str
    outcome: str
    differs: bool
    a: tuple[str, str]
    b: tuple[str, str]
    difference: str
    ratio: str
    mark_a: Mark | None
    mark_b: Mark | None


@dataclass(frozen=True)
class PhaseTable:
    """A phase: the metrics that have something to tell, and those folded away."""

    id: str
    title: str
    lines: tuple[Line, ...]
    folded: tuple[Line, ...]


def comparison_html(found: Comparison) -> str:
    """Return the page of ``found`` as one HTML file, in every language, that needs nothing else."""
    return in_every_language("comparison.html.j2", False, lambda: _values(found))


def _values(found: Comparison) -> dict[str, Any]:
    return {
        "titles": titles(found).split("\n"),
        "answer": list(answer(found, everything=True)),
        "findings": [_finding(each) for each in findings_text.shown(found.findings)],
        "unjudged": findings_text.unjudged(found.findings),
        "recorded": circumstance_rows(found, everything=True),
        "cautions": [
            part.split("\n")
            for part in (
                *hooks(found.a.recording, found.b.recording),
                *cautions(found),
                *alone(found.phases),
            )
        ],
        "phases": list(_phases(found)),
        "missing": [part.split("\n") for part in missing(found, everything=True)],
        "legend": list(legend(found)),
    }


def _finding(each: FoundOnce) -> list[str]:
    return [harmless(localized(line)) for line in findings_text.lines_of(each)]


def _phases(found: Comparison) -> Iterator[PhaseTable]:
    for number, (pair, of_phase) in enumerate(groupby(found.rows, key=lambda row: row.phase)):
        rows = list(of_phase)
        yield PhaseTable(
            id=f"phase-{number}",
            title=phase_title(found, pair),
            lines=tuple(_line(row) for row in rows if is_shown(row)),
            folded=tuple(_line(row) for row in rows if not is_shown(row)),
        )


def _line(row: Row) -> Line:
    most = max((_reach(each)[1] for each in (row.a, row.b) if each.median is not None), default=0)
    return Line(
        family=cells.family(row),
        metric=cells.metric(row),
        outcome=cells.outcome(row),
        differs=row.outcome == Outcome.DIFFERS,
        a=(cells.median_of(row, row.a), cells.reach_of(row, row.a)),
        b=(cells.median_of(row, row.b), cells.reach_of(row, row.b)),
        difference=cells.difference(row),
        ratio=cells.ratio(row),
        mark_a=_mark(row.a, most),
        mark_b=_mark(row.b, most),
    )


def _mark(measured: Measured, most: float) -> Mark | None:
    if measured.median is None or most <= 0:
        return None
    first, last = _reach(measured)
    return Mark(*(round(WIDTH * each / most, 2) for each in (measured.median, first, last)))


def _reach(measured: Measured) -> tuple[float, float]:
    """Return what a mark reaches over: recordings, of one the middle half of its calls."""
    if measured.reach:
        return measured.reach
    assert measured.spread, "it has a median"
    return measured.spread.lower, measured.spread.upper
