"""A comparison of two traces to read in a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Final

from analysis.comparison import findings_text
from analysis.comparison.compare import ALL, TIMES, Comparison, Row
from analysis.comparison.lacking import missing
from analysis.comparison.recordings import cautions, hooks, recordings, titles
from analysis.comparison.values import SEVERAL, Measured, Outcome
from analysis.metrics import Spread
from analysis.pairing import PhasePair
from analysis.tables import cell, harmless, table, terminal_width
from analysis.windows.recording import Recording
from tracer.shared.message import joined, localized, message
from tracer.shared.visible import visible
from tracer.shared.wrapping import wrapped

NS_PER_US: Final = 1000
OF_ONE: Final = (
    "Numbers are medians over calls. Below a median: where the middle half of the calls lies, or, "
    "where most calls agree, (least..most). differs: the medians are further apart than the middle "
    "half reaches in A and in B; a number of calls has no spread. few calls: "
    "too few for a spread. The spread is that within a recording: a busier machine shifts all of "
    "its times. Several recordings of each say more: tracer compare A1 A2 A3 --against B1 B2 B3."
)
OF_SEVERAL: Final = (
    "Numbers are medians over the recordings of a side, of their medians over calls; below: from "
    "the least recording to the most. differs: the sides are further apart than the recordings "
    "of either one, and no recording of one lies among those of the other."
)


def to_text(
    found: Comparison, everything: bool = False, width: int | None = None, coloured: bool = False
) -> str:
    """Return ``found`` as text; ``everything``: what is the same, and what is zero, too."""
    columns = width or terminal_width()
    parts = [
        *_wrapped([titles(found)], columns),
        *_wrapped(["\n".join(_answer(found, everything))], columns),
        *_wrapped(_findings(found), columns),
        recordings(found, everything, columns),
        *_wrapped(hooks(found.a.recording, found.b.recording), columns),
        *_wrapped(cautions(found), columns),
        *_wrapped(_alone(found.phases), columns),
        *_wrapped(_differing(found.rows), columns),
        *_phases(found, everything, columns, coloured),
        *_wrapped(missing(found, everything), columns),
        *_wrapped(legend(found), columns),
    ]
    return "\n\n".join(parts) + "\n"


def _answer(found: Comparison, everything: bool) -> Iterator[str]:
    if found.who:
        who = ", ".join(found.who)
        yield localized(message("Calls of {who} only.", who=harmless(who)))
    yield localized(findings_text.found_line(found.findings))
    yield from summary(found.rows, everything)


def _findings(found: Comparison) -> Iterator[str]:
    for each in findings_text.shown(found.findings):
        yield "\n  ".join(harmless(localized(line)) for line in findings_text.told(each))
    if unjudged := findings_text.unjudged(found.findings):
        yield harmless(localized(unjudged))


def legend(found: Comparison) -> Iterator[str]:
    """Say what the numbers are, and when something differs."""
    counts = [len(side.members) for side in (found.a, found.b)]
    if max(counts) == 1:
        yield localized(OF_ONE)
        return
    yield localized(OF_SEVERAL)
    if min(counts) < SEVERAL:
        yield localized(
            message(
                "Fewer than {several} recordings on a side: medians must be further apart than the "
                "middle half of the calls reaches, too.",
                several=SEVERAL,
            )
        )


def _shown(row: Row) -> bool:
    """Return whether ``row`` has something to tell: a difference, or a spread that may hide one."""
    if row.alike or row.outcome == Outcome.REFUSED:
        return False
    if row.outcome in (Outcome.MISSING, Outcome.NOT_CALLED):
        return any(each.spread and each.spread.most > 0 for each in (row.a, row.b))
    return True


def _wrapped(parts: Iterable[str], width: int) -> Iterator[str]:
    """Return ``parts``, each line in at most ``width`` columns."""
    for part in parts:
        lines = part.split("\n")
        yield "\n".join(wrapped(line, width, indent="    ") for line in lines)


def _alone(phases: Sequence[PhasePair]) -> Iterator[str]:
    for name, alone in (
        ("A", [pair.a for pair in phases if pair.b is None]),
        ("B", [pair.b for pair in phases if pair.a is None]),
    ):
        if alone:
            phases_alone = joined(", ", [phase.title for phase in alone if phase])
            yield localized(
                message("Only in {name}, not compared: {phases}", name=name, phases=phases_alone)
            )


def _phases(found: Comparison, everything: bool, width: int, coloured: bool) -> Iterator[str]:
    headers = [message("family"), message("metric"), "", "A", "B", "B - A", "B / A"]
    for pair, of_phase in groupby(found.rows, key=lambda row: row.phase):
        rows = [row for row in of_phase if everything or _shown(row)]
        if rows:
            laid = table(headers, list(_cells(rows)), width, words=3, coloured=coloured)
            (title,) = _wrapped([_phase_title(found, pair)], width)
            yield f"{title}\n{laid}"


def _phase_title(found: Comparison, pair: PhasePair) -> str:
    assert pair.a
    assert pair.b
    if pair.matched == "name":
        return harmless(localized(pair.a.title)) + _specs(found, pair)
    title = message("{a} of A | {b} of B, by their order", a=pair.a.title, b=pair.b.title)
    return localized(title) + _specs(found, pair)


def _specs(found: Comparison, pair: PhasePair) -> str:
    """Say where the workloads' phases were asked for otherwise."""
    a, b = (_spec(side.recording, phase.number if phase else 0) for side, phase in
            zip((found.a, found.b), (pair.a, pair.b), strict=True))  # fmt: skip
    differ = [f"{key} {a[key]} | {b[key]}" for key in a if key in b and a[key] != b[key]]
    return visible(f" ({', '.join(differ)})") if differ else ""


def _spec(trace: Recording, number: int) -> dict[str, object]:
    phases = trace.truth.phases if trace.truth else ()
    spec = next((phase.spec for phase in phases if phase.number == number), {})
    return {key: value for key, value in spec.items() if key != "name"}


def _cells(rows: Sequence[Row]) -> Iterator[tuple[object, ...]]:
    for number, row in enumerate(rows):
        first = number == 0 or rows[number - 1].family != row.family
        yield (
            _family(row) if first else "",
            _metric_cell(row),
            outcome(row),
            _median(row, row.a),
            _median(row, row.b),
            _difference(row),
            "" if row.ratio is None else _digits(row.ratio),
        )  # fmt: skip


def outcome(row: Row) -> str:
    """Return what became of a metric, in words."""
    if row.outcome == Outcome.WITHIN:
        return message("within\nspread")
    return message(str(row.outcome))


def _family(row: Row) -> str:
    return message("all") if row.family == ALL else row.family.title


def _median(row: Row, measured: Measured) -> str:
    if measured.spread is None or measured.median is None:
        return cell(None) if measured.missing else ""
    median = _number(row, measured.median)
    reach = _reach(row, measured, measured.spread)
    return joined("\n", [median, reach]) if reach else median


def _reach(row: Row, measured: Measured, spread: Spread) -> str:
    """Return what lies below a median: the spread between recordings, else that of the calls."""
    if measured.medians:
        least, most = min(measured.medians), max(measured.medians)
        return f"{_number(row, least)}..{_number(row, most)}" if least != most else ""
    if spread.constant:
        return ""
    if spread.middle_half:
        return f"{_number(row, spread.lower)}..{_number(row, spread.upper)}"
    return f"({_number(row, spread.least)}..{_number(row, spread.most)})"


def _difference(row: Row) -> str:
    if row.difference is None:
        return ""
    return f"{'+' if row.difference > 0 else ''}{_number(row, row.difference)}"


def _number(row: Row, number: float) -> str:
    return _digits(number / NS_PER_US if row.metric in TIMES else number)


def _digits(number: float) -> str:
    """Return ``number`` with 3 digits, or as many as it has if it is whole or large."""
    large = abs(number) >= 1000
    return cell(number if large or number == int(number) else float(f"{number:.3g}"))


def summary(rows: Sequence[Row], everything: bool) -> Iterator[str]:
    """Yield one line that counts what became of all metrics."""
    same = sum(row.outcome == Outcome.SAME for row in rows)
    vary = sum(row.alike for row in rows) - same
    counts = Counter(row.outcome for row in rows if not row.alike)
    told = [message("{number} the same in every call", number=same)]
    told += [message("{number} that vary alike", number=vary)] if vary else []
    told += [
        message("{number} {outcome}", number=counts[each], outcome=words)
        for each, words in _OUTCOMES.items()
        if counts[each]
    ]
    metrics = joined("; ", told)
    if everything:
        yield localized(message("Metrics: {metrics}.", metrics=metrics))
    else:
        yield localized(message("Metrics: {metrics} (--all shows every one).", metrics=metrics))


_OUTCOMES: Final = {
    Outcome.DIFFERS: message("that differ by more than the spread of both"),
    Outcome.WITHIN: message("within the spread"),
    Outcome.FEW: message("of too few calls"),
    Outcome.ALONE: message("of whole recordings, of which there is one"),
    Outcome.DOUBTFUL: message("doubtful"),
    Outcome.MISSING: message("missing"),
    Outcome.REFUSED: message("not to be compared"),
    Outcome.NOT_CALLED: message("of calls that only one makes"),
}


def _differing(rows: Sequence[Row]) -> Iterator[str]:
    """Name what differs before all tables, where more than one table has it."""
    differing = [row for row in rows if row.outcome == Outcome.DIFFERS]
    if len({row.phase for row in differing}) < 2:
        return
    where: dict[str, list[str]] = {}
    for row in differing:
        assert row.phase.a
        what = localized(
            message("{column} of {families}", column=_metric(row), families=row.family.title)
        )
        where.setdefault(what, []).append(harmless(localized(row.phase.a.title)))
    lines = [f"{what}: {', '.join(phases)}" for what, phases in where.items()]
    yield "\n  ".join([localized("More apart than the spread of both, and where:"), *lines])


def _metric(row: Row) -> str:
    return row.metric.replace("_ns", "_µs")


def _metric_cell(row: Row) -> str:
    """Return a metric to stand in a narrow column."""
    what, per, whom = _metric(row).partition("_per_")
    return joined("\n", [what, f"per_{whom}"]) if per else what
