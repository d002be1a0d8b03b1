"""A comparison of two traces to read in a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Final

from analysis.compare import TIME, Comparison, Outcome, Row
from analysis.compare_recordings import cautions, hooks, recordings, titles
from analysis.metrics import Spread
from analysis.pairing import PhasePair
from analysis.recorded import absent
from analysis.tables import MISSING, cell, harmless, table, terminal_width
from analysis.windows.recording import Recording
from tracer.shared.message import joined, localized, message
from tracer.shared.visible import visible
from tracer.shared.wrapping import wrapped

NS_PER_US: Final = 1000
LEGEND: Final = (
    "Numbers are medians over calls. Below a median: where the middle half of the calls lies, or, "
    "where most calls agree, (least..most). differs: the medians are further apart than the middle "
    "half reaches in A and in B; a number of calls has no spread. No mark: not so. few calls: "
    "too few for a spread. The spread is that within a recording: a busier machine shifts all of "
    "its times, so hold two recordings of A against each other first."
)


def to_text(
    found: Comparison, everything: bool = False, width: int | None = None, coloured: bool = False
) -> str:
    """Return ``found`` as text; ``everything``: what is the same, and what is zero, too."""
    columns = width or terminal_width()
    parts = [
        *_wrapped([titles(found)], columns),
        recordings(found, everything, columns),
        *_wrapped(hooks(found.a.recording, found.b.recording), columns),
        *_wrapped(cautions(found), columns),
        *_wrapped(_alone(found.phases), columns),
        *_wrapped(_differing(found.rows), columns),
        *_phases(found, everything, columns, coloured),
        *_wrapped(_summary(found.rows, everything), columns),
        *_wrapped(_missing(found), columns),
        *_wrapped([localized(LEGEND)], columns),
    ]
    return "\n\n".join(parts) + "\n"


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
            row.family.title if first else "",
            _metric(row),
            "" if row.outcome == Outcome.WITHIN else message(str(row.outcome)),
            *(_median(row, spread, missing) for spread, missing in
              ((row.a.spread, row.a.missing), (row.b.spread, row.b.missing))),
            _difference(row),
            "" if row.ratio is None else _digits(row.ratio),
        )  # fmt: skip


def _median(row: Row, spread: Spread | None, missing: str | None) -> str:
    if spread is None:
        return cell(None) if missing else ""
    median = _number(row, spread.median)
    if spread.constant:
        return median
    if spread.middle_half:
        reach = f"{_number(row, spread.lower)}..{_number(row, spread.upper)}"
    else:
        reach = f"({_number(row, spread.least)}..{_number(row, spread.most)})"
    return joined("\n", [median, reach])


def _difference(row: Row) -> str:
    if row.difference is None:
        return ""
    return f"{'+' if row.difference > 0 else ''}{_number(row, row.difference)}"


def _number(row: Row, number: float) -> str:
    return _digits(number / NS_PER_US if row.metric == TIME else number)


def _digits(number: float) -> str:
    """Return ``number`` with 3 digits, or as many as it has if it is whole or large."""
    large = abs(number) >= 1000
    return cell(number if large or number == int(number) else float(f"{number:.3g}"))


def _summary(rows: Sequence[Row], everything: bool) -> Iterator[str]:
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


def _missing(found: Comparison) -> Iterator[str]:
    """Say what either trace lacks of the families seen, then why: missing, not zero."""
    families = sorted({name for row in found.rows for name in (row.family.a, row.family.b) if name})
    of_a, of_b = absent(found.a.recording, families), absent(found.b.recording, families)
    what = (message("Missing ({dash}), not zero,", dash=MISSING), message("Not attached"))
    for kind, a, b in zip(what, of_a, of_b, strict=True):
        both = [line for line in a if line in b]
        for where, lines in (
            (message("in both"), both),
            (message("in A"), [line for line in a if line not in both]),
            (message("in B"), [line for line in b if line not in both]),
        ):
            if lines:
                title = message("{what} {where}:", what=kind, where=where)
                yield "\n  ".join(map(localized, [title, *lines]))
