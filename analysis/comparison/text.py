"""A comparison of two traces as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from analysis.comparison import cells, findings_text
from analysis.comparison.compare import Comparison, Row
from analysis.comparison.lacking import missing
from analysis.comparison.recordings import cautions, hooks, recordings, titles
from analysis.comparison.sentences import alone, answer, differing, is_shown, legend, phase_title
from analysis.comparison.values import Measured
from analysis.terminal.tables import harmless, table, terminal_width
from tracer.shared.message import joined, localized, message
from tracer.shared.wrapping import wrapped


def to_text(
    found: Comparison, everything: bool = False, width: int | None = None, coloured: bool = False
) -> str:
    """Return ``found`` as text; ``everything``: also what is the same, and what is zero."""
    columns = width or terminal_width()
    parts = [
        *_wrapped([titles(found)], columns),
        *_wrapped(["\n".join(answer(found, everything))], columns),
        *_wrapped(_findings(found), columns),
        recordings(found, everything, columns),
        *_wrapped(hooks(found.a.recording, found.b.recording), columns),
        *_wrapped(cautions(found), columns),
        *_wrapped(alone(found.phases), columns),
        *_wrapped(differing(found.rows), columns),
        *_phases(found, everything, columns, coloured),
        *_wrapped(missing(found, everything), columns),
        *_wrapped(legend(found), columns),
    ]
    return "\n\n".join(parts) + "\n"


def _findings(found: Comparison) -> Iterator[str]:
    for each in findings_text.shown(found.findings):
        yield "\n  ".join(harmless(localized(line)) for line in findings_text.lines_of(each))
    if unjudged := findings_text.unjudged(found.findings):
        yield harmless(localized(unjudged))


def _wrapped(parts: Iterable[str], width: int) -> Iterator[str]:
    """Return ``parts``, each line in at most ``width`` columns."""
    for part in parts:
        lines = part.split("\n")
        yield "\n".join(wrapped(line, width, indent="    ") for line in lines)


def _phases(found: Comparison, everything: bool, width: int, coloured: bool) -> Iterator[str]:
    headers = [message("family"), message("metric"), "", "A", "B", "B - A", "B / A"]
    for pair, of_phase in groupby(found.rows, key=lambda row: row.phase):
        rows = [row for row in of_phase if everything or is_shown(row)]
        if rows:
            laid = table(headers, list(_cells(rows)), width, words=3, coloured=coloured)
            (title,) = _wrapped([phase_title(found, pair)], width)
            yield f"{title}\n{laid}"


def _cells(rows: Sequence[Row]) -> Iterator[tuple[object, ...]]:
    for number, row in enumerate(rows):
        first = number == 0 or rows[number - 1].family != row.family
        yield (
            cells.family(row) if first else "",
            cells.metric_cell(row),
            cells.outcome(row),
            _median(row, row.a),
            _median(row, row.b),
            cells.difference(row),
            cells.ratio(row),
        )


def _median(row: Row, measured: Measured) -> str:
    median, reach = cells.median_of(row, measured), cells.reach_of(row, measured)
    return joined("\n", [median, reach]) if reach else median
