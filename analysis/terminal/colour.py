"""Colours the words that carry a result; nothing is conveyed by colour alone."""

from __future__ import annotations

import os
import sys
from typing import Final

from rich.color import ColorSystem
from rich.console import Console
from rich.style import Style
from rich.text import Text

from analysis.terminal.cells import CellText
from tracer.shared.message import localized

STYLES: Final = {
    "supported": "green",
    "corrected": "yellow",
    "refuted": "red",
    "undecided": "magenta",
    "differs": "bold yellow",
    "doubtful": "magenta",
    "missing": "magenta",
    "equal": "green",
    "DIFFERS": "bold red",
    "ok": "green",
    "--": "magenta",
}
"""Verdicts, outcomes of compare, and marks of crosscheck and doctor. Only the 16 colours that every
terminal has, as its user has set them.
"""

KIND_STYLES: Final = {
    "call": "bold",
    "function": "",
    "fd_poll": "blue",
    "entry": "yellow",
    "callback": "magenta",
    "wakeup": "red",
    "switch": "",
    "copy": "green",
    "signal": "red",
    "user": "cyan",
}
"""Kinds of moments of a timeline (analysis.timeline.parts)."""


def wanted() -> bool:
    """Return whether standard output is a terminal that shows colour, and colour is not refused.

    Refused: the environment variable NO_COLOR is set and not empty, or TERM is dumb.
    """
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
        return False
    return Console(file=sys.stdout).color_system is not None


def paint(word: str, coloured: bool) -> str:
    """Return ``word`` in the language in use; in its colour if ``coloured``."""
    if not coloured or word not in STYLES:
        return localized(word)
    return Style.parse(STYLES[word]).render(localized(word), color_system=ColorSystem.STANDARD)


def text(words: str, coloured: bool, word: str | None = None) -> Text:
    """Return ``words`` for rich to lay out: in the colour of ``word``, if they are ``coloured``.

    ``word`` is what the words are in English, the words themselves by default.
    """
    style = STYLES.get(word or words, "") if coloured else ""
    laid = CellText(words)
    laid.stylize(style)
    return laid
