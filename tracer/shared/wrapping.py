"""Lines of text by the cells of a terminal: Chinese takes two a character, and has no spaces."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

_WIDE: Final = ("W", "F")
_NOT_FIRST: Final = "，。；：、？！）》」』”’"  # noqa: RUF001 - Chinese punctuation
"""What never begins a line."""
_NOT_LAST: Final = "（《「『“‘"  # noqa: RUF001 - Chinese punctuation
"""What never ends one."""

GOES_ON: Final = "…"
"""Begins a line that continues the word of the line before."""


def cells(text: str) -> int:
    """Return how many terminal cells ``text`` takes."""
    return sum(_cells_of(character) for character in text)


def padded(text: str, width: int) -> str:
    """Return ``text`` padded with spaces to ``width`` cells."""
    return text + " " * (width - cells(text))


def wrapped(text: str, width: int, indent: str = "") -> str:
    """Return the one line ``text`` as lines of at most ``width`` cells, all but the first indented.

    It is broken at spaces, and between characters of a script without spaces. A line that cannot be
    broken is longer.
    """
    lines = [""]
    for piece in _pieces(text):
        line = lines[-1]
        if line.strip() and cells(line) + cells(piece.rstrip()) > width:
            lines[-1] = line.rstrip()
            lines.append(indent + piece.lstrip())
        else:
            lines[-1] = line + piece
    return "\n".join([*lines[:-1], lines[-1].rstrip()])


def folded(word: str, width: int) -> list[str]:
    """Return ``word``, which cannot be broken, as lines of at most ``width`` cells, or three.

    All but the first begin with a mark: otherwise a program could choose by its name how a line
    begins.
    """
    lines = [""]
    for character in word:
        if cells(lines[-1] + character) > max(width, 3):
            lines.append(GOES_ON)
        lines[-1] += character
    return lines


def _pieces(text: str) -> Iterator[str]:
    """Yield the parts of ``text`` between which a line may end: a word has the spaces after it."""
    for word in re.findall(r"\s*\S+\s*", text):
        piece = ""
        for character in word:
            if piece and _may_break(piece[-1], character):
                yield piece
                piece = ""
            piece += character
        yield piece


def _may_break(before: str, after: str) -> bool:
    if after.isspace() or after in _NOT_FIRST or before in _NOT_LAST:
        return False
    return _is_wide(before) or _is_wide(after)


def _cells_of(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if _is_wide(character) else 1


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in _WIDE
