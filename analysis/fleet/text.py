"""The report of a fleet to read in a terminal."""

from __future__ import annotations

from typing import Final

from analysis.fleet.sections import Grid, Lines, Section, sections
from analysis.fleet.summary import Summary
from analysis.terminal.tables import cell_text, harmless, table
from tracer.shared.message import localized, message
from tracer.shared.wrapping import cells, wrapped

SHOWN: Final = 10
"""Rows per table; the rest is counted, and the JSON has all."""
GAP: Final = 2
"""Cells between two columns of a table."""
CLAIM, OUTCOME = 30, 12
"""Widths of a claim's name and of a verdict."""


def to_text(found: Summary, width: int, most: int = SHOWN) -> str:
    """Return the report ``found`` in at most ``width`` columns if possible.

    ``most``: rows per table.
    """
    kernels = max(1, (width - CLAIM) // OUTCOME)
    parts = [_laid(each, width) for each in sections(found, most, kernels)]
    return "\n\n".join(parts) + "\n"


def _laid(section: Section, width: int) -> str:
    if isinstance(section, Lines):
        lines = [wrapped(_line(each), width, "  ") for each in section.sentences]
        items = [wrapped(f"  {_line(each)}", width, "    ") for each in section.items]
        return "\n".join([*lines, *items])
    title = localized(section.title)
    if section.more > 0:
        title += f" ({localized(message('and {number} more', number=section.more))})"
    parts = [
        table(
            [section.headers[place] for place in columns],
            [[row[place] for place in columns] for row in section.rows],
            width,
            words=section.words,
        )
        for columns in _fitting(section, width)
    ]
    return f"{title}\n" + "\n\n".join(parts)


def _fitting(section: Grid, width: int) -> list[list[int]]:
    """Return the columns of each table to show so that no name is folded.

    Each keeps the columns of words, and some of those of numbers.
    """
    columns = zip(section.headers, *section.rows, strict=True)
    needed = [max(map(_cells, column)) + GAP for column in columns]
    words = list(range(section.words))
    tables, room = [list(words)], width - sum(needed[: section.words])
    for place in range(section.words, len(needed)):
        if needed[place] > room and len(tables[-1]) > len(words):
            tables.append(list(words))
            room = width - sum(needed[: section.words])
        tables[-1].append(place)
        room -= needed[place]
    return tables


def _cells(value: object) -> int:
    """Return how many cells ``value`` takes; a heading may have several lines."""
    return max(map(cells, cell_text(value).split("\n")))


def _line(text: str) -> str:
    return localized(harmless(text))
