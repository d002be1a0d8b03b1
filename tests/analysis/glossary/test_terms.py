"""The glossary: one table, shown by the command, in the docs and on every page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from analysis.glossary.page import glossary_page
from analysis.glossary.terms import TERMS
from tracer import cli
from tracer.shared.message import localized, use

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs" / "glossary.md"

PRIVATE = re.compile(
    r"\b(hung|hangs?|looks?|looked|naps?|crowds?|ways?"
    r"|(takes?|taken|took) ([\w']+ ){0,3}off|entries dropped)\b",
    re.IGNORECASE,
)
"""Private words that the project once used; the glossary has the kernel's and the field's."""

IN_CODE = re.compile(
    r"(?<![a-zA-Z])(?:hung|hangs?|naps?|crowds?|[tT]he ways? of|took off|taken off)(?![a-zA-Z])"
)
"""Those that ordinary English does not need there."""

ORDINARY = re.compile(
    r"\b(looks? up|looked up|looks the template up|look at it|looks like a whole|looks for memory"
    r"|to look for calls|a look finds|took a read"
    r"|(no|a|this|same|that|under|either|one|new|in|the) way(?! of))\b"
)
"""Where ordinary English uses one of them."""

NAMES = re.compile(r"`[^`\n]*`|\{[^{}]*\}|[\w/]+\.(png|html)")
"""Names of code, values and files."""


def test_docs_are_the_table_in_both_languages() -> None:
    """If not: run scripts/glossary."""
    assert DOCS.read_text(encoding="utf-8") == glossary_page()


def test_no_word_is_listed_twice() -> None:
    words = [term.word for term in TERMS]
    assert sorted(set(words)) == sorted(words)


def test_every_meaning_is_translated() -> None:
    use("zh_CN")
    assert [term.word for term in TERMS if localized(term.meaning) == term.meaning] == []


def test_command_finds_a_word(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["glossary", "ready", "list"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("ready list    eventpoll.rdllist\n")
    assert "herd" not in out


def test_command_names_near_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["glossary", "callbak"]) == 2
    assert "callback" in capsys.readouterr().err


def _texts() -> Iterator[tuple[str, str]]:
    """Each text of the catalogue and paragraph of the docs; the glossary is in the catalogue."""
    path = ROOT / "tracer" / "locale" / "zh_CN" / "LC_MESSAGES" / "tracer.po"
    with path.open("rb") as file:
        for message in read_po(file, locale="zh_CN"):
            forms = message.id if isinstance(message.id, tuple) else (message.id,)
            yield from ((path.name, form) for form in forms)
    for path in {*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")} - {DOCS}:
        for paragraph in path.read_text(encoding="utf-8").split("\n\n"):
            yield path.name, paragraph


def private_words(text: str) -> list[str]:
    """Return the words of the old vocabulary that a text contains."""
    said = ORDINARY.sub("", NAMES.sub("_", " ".join(text.split())))
    return [found.group() for found in PRIVATE.finditer(said)]


def test_no_text_has_private_words() -> None:
    texts = list(_texts())
    assert len(texts) > 1000
    found = [(where, words, text) for where, text in texts if (words := private_words(text))]
    assert found == []


def test_no_code_has_private_words() -> None:
    """Names, comments and docstrings of code about the kernel: elsewhere a guest may hang."""
    files = [path for top in ("analysis", "probes") for path in (ROOT / top).rglob("*")]
    sources = [path for path in files if path.suffix in (".py", ".h", ".js", ".css", ".j2")]
    assert len(sources) > 100
    found = [(path.name, IN_CODE.findall(path.read_text("utf-8"))) for path in sources]
    assert [each for each in found if each[1]] == []


@pytest.mark.parametrize(
    "text",
    ["{n} entries hung", "the way of one event", "took {first} off", "looks at fd 4", "a nap"],
)
def test_a_private_word_is_found(text: str) -> None:
    assert private_words(text) != []
