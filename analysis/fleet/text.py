"""The report of a fleet to read in a terminal."""

from __future__ import annotations

from typing import Final

from analysis.fleet.sections import Lines, Section, sections
from analysis.fleet.summary import Summary
from analysis.tables import harmless, table
from tracer.shared.message import localized, message
from tracer.shared.wrapping import wrapped

SHOWN: Final = 10
"""Rows of one table; the rest is counted, and all of them are in the JSON."""
CLAIM, OUTCOME = 30, 12
"""Columns that a claim's name and a verdict take."""


def to_text(found: Summary, width: int, most: int = SHOWN) -> str:
    """Return the report ``found`` in at most ``width`` columns where that is possible.

    Of each table ``most`` rows.
    """
    kernels = max(1, (width - CLAIM) // OUTCOME)
    parts = [_laid(each, width) for each in sections(found, most, kernels)]
    return "\n\n".join(parts) + "\n"


def _laid(section: Section, width: int) -> str:
    if isinstance(section, Lines):
        lines = [wrapped(_said(each), width, "  ") for each in section.sentences]
        items = [wrapped(f"  {_said(each)}", width, "    ") for each in section.items]
        return "\n".join([*lines, *items])
    title = localized(section.title)
    if section.more > 0:
        title += f" ({localized(message('and {number} more', number=section.more))})"
    return f"{title}\n{table(section.headers, section.rows, width, words=section.words)}"


def _said(text: str) -> str:
    return localized(harmless(text))
