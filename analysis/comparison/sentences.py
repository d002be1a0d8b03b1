"""A comparison's sentences, for a terminal and for a page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from analysis.comparison import findings_text
from analysis.comparison.cells import metric
from analysis.comparison.compare import Comparison, Row
from analysis.comparison.pairing import PhasePair
from analysis.comparison.values import SEVERAL, Outcome
from analysis.terminal.tables import harmless
from analysis.windows.recording import Recording
from tracer.shared.message import joined, localized, message
from tracer.shared.visible import visible

OF_ONE: Final = (
    "Numbers are medians over calls. Below a median: the range of the middle half of the calls, "
    "or, where most calls agree, (least..most). differs: the medians are further apart than the "
    "middle half reaches in A and in B; a number of calls has no spread. few calls: too few for "
    "a spread. The spread is within one recording; a busier machine shifts all of its times. "
    "Several recordings of each tell more: tracer compare A1 A2 A3 --against B1 B2 B3."
)
OF_SEVERAL: Final = (
    "Numbers are medians over the recordings of a side, each of a median over calls; below: the "
    "range over the recordings. differs: the sides are further apart than the recordings of "
    "either side, and the two ranges do not overlap."
)


def answer(found: Comparison, everything: bool) -> Iterator[str]:
    """Yield what comes first: how many findings changed, and the outcomes of the metrics."""
    if found.who:
        who = ", ".join(found.who)
        yield localized(message("Calls of {who} only.", who=harmless(who)))
    yield localized(findings_text.found_line(found.findings))
    yield from summary(found.rows, everything)


def summary(rows: Sequence[Row], everything: bool) -> Iterator[str]:
    """Yield one line that counts the outcomes of all metrics."""
    same = sum(row.outcome == Outcome.SAME for row in rows)
    vary = sum(row.alike for row in rows) - same
    counts = Counter(row.outcome for row in rows if not row.alike)
    parts = [message("{number} the same in every call", number=same)]
    parts += [message("{number} with the same spread on both sides", number=vary)] if vary else []
    parts += [
        message("{number} {outcome}", number=counts[each], outcome=words)
        for each, words in _OUTCOMES.items()
        if counts[each]
    ]
    metrics = joined("; ", parts)
    if everything:
        yield localized(message("Metrics: {metrics}.", metrics=metrics))
    else:
        yield localized(message("Metrics: {metrics} (--all shows every one).", metrics=metrics))


_OUTCOMES: Final = {
    Outcome.DIFFERS: message("beyond the spread of both"),
    Outcome.WITHIN: message("within the spread"),
    Outcome.FEW: message("with too few calls"),
    Outcome.ALONE: message("of a whole recording, with only one on a side"),
    Outcome.DOUBTFUL: message("doubtful"),
    Outcome.MISSING: message("missing"),
    Outcome.REFUSED: message("that cannot be compared"),
    Outcome.NOT_CALLED: message("of calls that only one side makes"),
}


def differing(rows: Sequence[Row]) -> Iterator[str]:
    """Name what differs before all tables, if more than one table has it."""
    found = [row for row in rows if row.outcome == Outcome.DIFFERS]
    if len({row.phase for row in found}) < 2:
        return
    where: dict[str, list[str]] = {}
    for row in found:
        assert row.phase.a
        what = localized(
            message("{column} of {families}", column=metric(row), families=row.family.title)
        )
        where.setdefault(what, []).append(harmless(localized(row.phase.a.title)))
    lines = [f"{what}: {', '.join(phases)}" for what, phases in where.items()]
    yield "\n  ".join([localized("Further apart than the spread of both, and where:"), *lines])


def is_shown(row: Row) -> bool:
    """Return whether ``row`` is worth showing: a difference, or a spread that may hide one."""
    if row.alike or row.outcome == Outcome.REFUSED:
        return False
    if row.outcome in (Outcome.MISSING, Outcome.NOT_CALLED):
        return any(each.spread and each.spread.most > 0 for each in (row.a, row.b))
    return True


def alone(phases: Sequence[PhasePair]) -> Iterator[str]:
    """Return which phases only one side has."""
    for name, of_one in (
        ("A", [pair.a for pair in phases if pair.b is None]),
        ("B", [pair.b for pair in phases if pair.a is None]),
    ):
        if of_one:
            phases_alone = joined(", ", [phase.title for phase in of_one if phase])
            yield localized(
                message("Only in {name}, not compared: {phases}", name=name, phases=phases_alone)
            )


def phase_title(found: Comparison, pair: PhasePair) -> str:
    """Return the names of the phases, and how our workloads' requests differed."""
    assert pair.a
    assert pair.b
    if pair.matched == "name":
        return harmless(localized(pair.a.title)) + _specs(found, pair)
    title = message("{a} of A | {b} of B, by their order", a=pair.a.title, b=pair.b.title)
    return localized(title) + _specs(found, pair)


def _specs(found: Comparison, pair: PhasePair) -> str:
    """Return how the workloads' requested phases differ."""
    a, b = (_spec(side.recording, phase.number if phase else 0) for side, phase in
            zip((found.a, found.b), (pair.a, pair.b), strict=True))  # fmt: skip
    differ = [f"{key} {a[key]} | {b[key]}" for key in a if key in b and a[key] != b[key]]
    return visible(f" ({', '.join(differ)})") if differ else ""


def _spec(trace: Recording, number: int) -> dict[str, object]:
    phases = trace.truth.phases if trace.truth else ()
    spec = next((phase.spec for phase in phases if phase.number == number), {})
    return {key: value for key, value in spec.items() if key != "name"}


def legend(found: Comparison) -> Iterator[str]:
    """Return what the numbers mean, and when something counts as different."""
    counts = [len(side.members) for side in (found.a, found.b)]
    if max(counts) == 1:
        yield localized(OF_ONE)
        return
    yield localized(OF_SEVERAL)
    if min(counts) < SEVERAL:
        yield localized(
            message(
                "Fewer than {several} recordings on a side: medians must also be further apart "
                "than the middle half of the calls reaches.",
                several=SEVERAL,
            )
        )
