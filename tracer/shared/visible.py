r"""Makes foreign text harmless: no terminal interprets it, and nothing in it is invisible.

A name, an argument, a reason or a line of a guest may hold anything. What a terminal would obey
(C0, C1, DEL), what turns or hides text (bidi controls, format characters, characters without a
glyph), what ends a line, and halves of surrogate pairs are shown as escapes::

    >>> visible("a\x1b[2J\nlosses:   none\u202e")
    'a\\x1b[2J\\nlosses:   none\\u202e'

Standard library only.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Final

_BLANK: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\U000e0100-\U000e01ef]"
)
"""Printable by category, yet invisible."""
_SURROGATE_BYTES: Final = range(0xDC80, 0xDD00)
"""Bytes that are not UTF-8, as Python's surrogateescape represents them (PEP 383)."""

MARGIN: Final = "  | "
"""Begins every further line of a foreign text; no line of ours begins with it."""


def visible(text: str) -> str:
    """Return ``text`` as one line of visible characters, with escapes for all others."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if c.isprintable() and not _BLANK.match(c) else _escape(c) for c in text)


def visible_lines(text: str) -> str:
    r"""Return ``text``, which may have several lines; all but the first are behind a margin.

    >>> print(visible_lines("x.c:3: error\n  int;\x07"))
    x.c:3: error
      |   int;\x07
    """
    return f"\n{MARGIN}".join(visible(line) for line in text.split("\n"))


def shell_word(path: Path | str) -> str:
    r"""Return ``path`` as one word of a shell's command line, in characters that can be seen.

    >>> print(shell_word("my trace"), shell_word("a\n'b"))
    'my trace' $'a\n\'b'
    """
    text = str(path)
    if visible(text) == text:
        return shlex.quote(text)
    inside = "".join({"\\": "\\\\", "'": "\\'"}.get(c) or _shell_escape(c) for c in text)
    return f"$'{inside}'"


def _escape(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode()


def _shell_escape(character: str) -> str:
    """Return an escape that bash reads as ``character`` in $'…', or as a lone byte."""
    number = ord(character)
    if number in _SURROGATE_BYTES:
        return f"\\x{number - 0xDC00:02x}"
    if 0x80 <= number <= 0xFF and visible(character) != character:
        return f"\\u{number:04x}"
    return visible(character)
