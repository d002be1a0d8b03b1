from __future__ import annotations

import sys
import unicodedata

import pytest

from tracer.shared.message import joined, localized, localized_line, message, message_n, quoted
from tracer.shared.visible import shell_word, visible, visible_lines

HIDDEN = ("Cc", "Cf", "Cs", "Zl", "Zp")
"""Controls, format characters (bidi among them), surrogates, separators of lines."""


def test_control_and_invisible_characters_are_escapes():
    for number in range(sys.maxunicode + 1):
        character = chr(number)
        if unicodedata.category(character) in HIDDEN:
            assert visible(character).isascii(), hex(number)
            assert visible(character).startswith("\\"), hex(number)


@pytest.mark.parametrize("text", ["", "epoll", "a\\nb", "é 中文 ﬁ", "100 %", "→ µs"])
def test_what_can_be_seen_stays(text):
    assert visible(text) == text


def test_further_lines_are_behind_a_margin():
    assert visible_lines("a\nlosses: none\x1b\n") == "a\n  | losses: none\\x1b\n  | "


def test_words_of_a_shell():
    assert shell_word("a") == "a"
    assert shell_word("a b") == "'a b'"
    assert shell_word("\x1b'\udcff") == "$'\\x1b\\'\\xff'"


def test_what_a_message_is_filled_with_is_made_visible():
    bad = "a\nb\x1b"
    assert message("{x} and {y}", x=bad, y=3) == "a\\nb\\x1b and 3"
    assert localized(message("{x}", x=bad)) == "a\\nb\\x1b"
    assert message("{x!r}", x=bad) == "'a\\nb\\x1b'"
    assert message_n("{count} {x}", "{count} {x}s", count=2, x=bad) == "2 a\\nb\\x1bs"
    assert joined("; ", [bad, message("ours\n{x}", x=bad)]) == "a\\nb\\x1b; ours\na\\nb\\x1b"
    assert message("{x}", x=ValueError(bad)) == "a\\nb\\x1b"


def test_a_message_in_a_message_stays_as_it_is():
    inner = message("two\nlines of {x}", x="\n")
    assert message("{inner}", inner=inner) == "two\nlines of \\n"
    assert localized(message("{inner}", inner=localized(inner))) == "two\nlines of \\n"
    assert message("{words}", words=quoted("a\nb")) == "a\n  | b"


def test_line_of_unknown_origin():
    assert localized_line("a\nb\x1b") == "a\n  | b\\x1b"
    assert localized_line(message("a\nb{x}", x="\x1b")) == "a\nb\\x1b"
