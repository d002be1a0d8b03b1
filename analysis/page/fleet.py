"""The page of a fleet: who differs, what is wrong, and sums by host, release and program."""

from __future__ import annotations

from typing import Final

from analysis.fleet.sections import sections
from analysis.fleet.summary import Summary
from analysis.page.document import in_every_language
from analysis.terminal.tables import cell_text
from tracer.shared.message import Message

SHOWN: Final = 100
"""Rows per table; the rest is counted, and the JSON has all."""


def fleet_html(found: Summary) -> str:
    """Return the page of ``found`` as one HTML file that needs nothing else."""
    kernels = max(1, len(found.verdicts.kernels)) if found.verdicts else 1
    return in_every_language(
        "fleet.html.j2",
        charts=False,
        values=lambda: {
            "sections": list(sections(found, SHOWN, kernels)),
            "cell_text": cell_text,
            "heading": _heading,
        },
    )


def _heading(text: str) -> str:
    """Return a heading; those for a terminal have several lines."""
    return " ".join(
        cell_text(line) for line in ([text] if isinstance(text, Message) else text.split("\n"))
    )
