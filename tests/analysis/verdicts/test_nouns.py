"""What findings count, in another language: nouns with real plurals, words for how often."""

from __future__ import annotations

import ast
import gettext
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pandas as pd
import pytest

import analysis.claims
from analysis.verdicts.nouns import NOUNS
from analysis.verdicts.pick import counted, ms, span, times
from tracer.shared.message import Message

PACKAGE = Path(analysis.claims.__file__).parent


WORDS: Final = {
    "unknown": "ignotum",
    "once": "semel",
    "{number} times": "{number} vicibus",
    "{least:,} to {most:,}": "ab {least:,} ad {most:,}",
}


class Latin(gettext.NullTranslations):
    """A stub of a catalogue, of a language with three forms, whose nouns come first."""

    def gettext(self, text: str) -> str:
        return WORDS.get(text, text)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        assert (msgid1, msgid2) == ("{number} entry", "{number} entries")
        form = "nota" if n == 1 else "duae notae" if n == 2 else "notae"
        return f"{form} {{number}}"


def series(*values: int | None) -> pd.Series[int]:
    return pd.Series(values, dtype="Int64")


def in_latin(text: str) -> str:
    return text.by(Latin()) if isinstance(text, Message) else text


@pytest.mark.parametrize(
    ("values", "english", "latin"),
    [
        ((1,), "1 entry", "nota 1"),
        ((2,), "2 entries", "duae notae 2"),
        ((0, 1009), "0 to 1,009 entries", "notae ab 0 ad 1,009"),
        ((None,), "unknown", "ignotum"),
    ],
)
def test_span(values: tuple[int | None, ...], english: str, latin: str) -> None:
    text = span(series(*values), "entry", "entries")
    assert (text, in_latin(text)) == (english, latin)


def test_counted() -> None:
    found = [counted(count, "entry", "entries") for count in (1, 2, 2011)]
    assert found == ["1 entry", "2 entries", "2,011 entries"]
    assert [in_latin(each) for each in found] == ["nota 1", "duae notae 2", "notae 2,011"]


def test_a_noun_that_is_not_known_stays_as_it_is() -> None:
    assert in_latin(counted(1, "ox", "oxen")) == "1 ox"
    assert in_latin(counted(2, "ox", "oxen")) == "2 oxen"
    assert in_latin(counted(2, "cow")) == "2 cows"


def test_times_and_ms() -> None:
    often = [times(series(*values)) for values in [(1, 1), (3,), (0, 2), (None,)]]
    assert often == ["once", "3 times", "0 to 2 times", "unknown"]
    assert [in_latin(each) for each in often] == [
        "semel",
        "3 vicibus",
        "ab 0 ad 2 vicibus",
        "ignotum",
    ]
    assert [in_latin(ms(ns)) for ns in (20_100_000, None)] == ["20.1 ms", "ignotum"]


def nouns_counted() -> Iterator[tuple[str, str]]:
    """Yield each noun that our claims hand to ``counted`` or ``span``, with its plural."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("counted", "span"):
                words = [str(x.value) for x in node.args[1:] if isinstance(x, ast.Constant)]
                if words:
                    yield words[0], words[1] if len(words) > 1 else f"{words[0]}s"


def test_every_noun_of_our_claims_is_known_by_its_plural() -> None:
    used = set(nouns_counted())
    assert len(used) > 20
    assert {
        noun: plural
        for noun, plural in used
        if noun not in NOUNS or NOUNS[noun].plural != f"{{number}} {plural}"
    } == {}
