"""Stub catalogues: one that remembers its requests, one that marks its texts."""

from __future__ import annotations

import gettext
import re
from collections.abc import Collection, Iterable
from functools import cache
from string import ascii_letters
from typing import Final

from tracer.messages.translations import TRANSLATED, read
from tracer.shared.message import Message

_MARKED: Final = str.maketrans(ascii_letters, "".join(chr(0x1D5A0 + n) for n in range(52)))
"""Each letter → one of another alphabet."""
_KEPT: Final = re.compile(r"\{[^}]*\}|%\(\w+\)\w|%[a-z]")
"""The values that fill a message."""


class Recording(gettext.NullTranslations):
    """Answers in English, and collects in ``unknown`` what no catalogue can have."""

    def __init__(self, known: Collection[str]) -> None:
        super().__init__()
        self._known = known
        self.unknown: list[str] = []

    def gettext(self, text: str) -> str:
        if text not in self._known and re.search("[a-z]{3}", text):
            self.unknown.append(text)
        return text

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1) if n == 1 else (self.gettext(msgid1) and msgid2)


class Marking(gettext.NullTranslations):
    """Returns each message in letters of another alphabet.

    What stays plain was not looked up, or is in no catalogue.
    """

    def gettext(self, text: str) -> str:
        if text not in known():
            return text
        kept = _KEPT.findall(text)
        plain = [each.translate(_MARKED) for each in _KEPT.split(text)]
        return "".join(a + b for a, b in zip(plain, [*kept, ""], strict=True))

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)


@cache
def known() -> frozenset[str]:
    """Return every message in the sources; both forms if it has two.

    A catalogue has them, as tests/messages/test_translations_catalogues.py checks; to find them in
    the sources again takes each worker a second. If one is unknown: run scripts/messages.
    """
    ids = [text.id for text in read(TRANSLATED[0]) if text.id]
    return frozenset(form for each in ids for form in ([each] if isinstance(each, str) else each))


def unknown(texts: Iterable[str]) -> list[str]:
    """Return the messages of ``texts`` that no catalogue has."""
    catalogue = Recording(known())
    for text in texts:
        if isinstance(text, Message):
            text.by(catalogue)
        else:
            catalogue.gettext(text)
    return catalogue.unknown


def plain_words(text: str, names: Collection[str]) -> list[str]:
    """Return the words of ``text`` in plain letters that are not ``names``, nor parts of paths."""
    words = re.findall(r"(?<![\w./:-])[A-Za-z][a-z]{2,}(?![\w./:-])", text)
    return sorted({word for word in words if word not in names})
