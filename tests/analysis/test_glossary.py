"""The glossary: one table, shown by the command, in the docs and on every page."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.glossary import TERMS
from analysis.glossary_page import glossary_page
from tracer import cli
from tracer.shared.say import shown, use

DOCS = Path(__file__).parents[2] / "docs" / "glossary.md"


def test_docs_are_the_table_in_both_languages() -> None:
    """If not: run scripts/glossary."""
    assert DOCS.read_text(encoding="utf-8") == glossary_page()


def test_no_word_stands_twice() -> None:
    words = [term.word for term in TERMS]
    assert sorted(set(words)) == sorted(words)


def test_every_meaning_is_translated() -> None:
    use("zh_CN")
    assert [term.word for term in TERMS if shown(term.meaning) == term.meaning] == []


def test_command_finds_a_word(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["glossary", "ready", "list"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("ready list    eventpoll.rdllist\n")
    assert "herd" not in out


def test_command_names_near_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["glossary", "callbak"]) == 2
    assert "callback" in capsys.readouterr().err
