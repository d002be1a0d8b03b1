"""Tables for a terminal, laid out by rich; in colour only if requested."""

from __future__ import annotations

import io
import shutil
from collections.abc import Sequence
from typing import Final

import pandas as pd
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from analysis.terminal import colour
from tracer.shared.message import Message, localized
from tracer.shared.visible import visible

MISSING: Final = "–"  # noqa: RUF001 - a dash that no number can be taken for
"""Shown where a column is missing: not a zero."""


def terminal_width() -> int:
    """Return the width of the terminal; 80 if there is none."""
    return shutil.get_terminal_size((80, 24)).columns


def table(
    headers: Sequence[str],
    rows: Sequence[Sequence[object]],
    width: int,
    words: int,
    coloured: bool = False,
) -> str:
    """Return ``rows`` under ``headers`` in at most ``width`` columns where that is possible.

    The first ``words`` columns hold words, which wrap; the others hold numbers, which never do.
    ``coloured``: cells that are a word of analysis.terminal.colour are in colour, and headers bold.
    Headers and cells that are a ``Message`` are shown in the language in use; others are names and
    stay.
    """
    laid = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for place, header in enumerate(headers):
        is_words = place < words
        laid.add_column(
            Text(_heading(header)), justify="left" if is_words else "right", no_wrap=not is_words,
            overflow="fold",
        )  # fmt: skip
    for row in rows:
        laid.add_row(*(colour.text(cell_text(value), coloured, cell(value)) for value in row))
    return _printed(laid, width, coloured)


def cell_text(value: object) -> str:
    """Return a cell as it is shown: our texts in the language in use, others as cell()."""
    return localized(value) if isinstance(value, Message) else cell(value)


def _heading(text: str) -> str:
    """Return a heading; ours may have several lines."""
    return (
        localized(text) if isinstance(text, Message) else "\n".join(map(visible, text.split("\n")))
    )


def cell(value: object) -> str:
    """Return ``value`` as text: NA and None as missing, floats with 4 digits, 1,234."""
    if value is None or value is pd.NA or value != value:  # noqa: PLR0124 - NaN is not itself
        return MISSING
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 or value == int(value) else f"{value:.4g}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return harmless(str(value))


def harmless(text: str) -> str:
    r"""Return ``text`` with nothing that a terminal would obey: programs choose their names.

    A message is safe and may have several lines; other text becomes one line.

    >>> harmless("a\x1b[2J\nb")
    'a\\x1b[2J\\nb'
    """
    return text if isinstance(text, Message) else visible(text)


def _printed(laid: Table, width: int, coloured: bool) -> str:
    out = io.StringIO()
    console = Console(
        file=out,
        width=width,
        highlight=False,
        force_terminal=coloured,
        color_system="standard" if coloured else None,
        no_color=not coloured,
    )
    console.print(laid)
    return "\n".join(line.rstrip() for line in out.getvalue().split("\n")).strip("\n")
