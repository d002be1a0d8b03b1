"""The report of a fleet as Markdown, in English: to keep, or to put into a ticket."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from analysis.fleet.sections import Lines, Section, sections
from analysis.fleet.summary import Summary
from analysis.terminal.tables import cell, harmless

SHOWN: Final = 100
"""Rows per table; the rest is counted, and the JSON has all."""
MARKS: Final = re.compile(r"([\\`*_\[\]<>|])")
"""Characters with a meaning in Markdown, which names may contain."""


def to_markdown(found: Summary) -> str:
    """Return the report ``found``."""
    kernels = max(1, len(found.verdicts.kernels)) if found.verdicts else 1
    parts = [_laid(each) for each in sections(found, SHOWN, kernels)]
    return "\n\n".join(["# Report of a fleet", *parts]) + "\n"


def _laid(section: Section) -> str:
    if isinstance(section, Lines):
        items = [f"- {_plain(harmless(each))}" for each in section.items]
        return "\n".join([*(f"{_plain(harmless(each))}\n" for each in section.sentences), *items])
    title = f"{section.title} (and {section.more} more)" if section.more > 0 else section.title
    columns = len(section.headers)
    rule = ["---" if place < section.words else "---:" for place in range(columns)]
    rows = [_row([_plain(cell(value)) for value in row]) for row in section.rows]
    heads = _row([_plain(" ".join(head.split("\n"))) for head in section.headers])
    return "\n".join([f"## {title}\n", heads, _row(rule), *rows])


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _plain(text: str) -> str:
    """Return ``text`` so that Markdown shows it as it is."""
    return MARKS.sub(r"\\\1", text)
