"""Texts are broken and padded by terminal cells."""

from __future__ import annotations

import re

from analysis.terminal.tables import table
from tracer.shared import message
from tracer.shared.wrapping import cells, padded, wrapped

EPOLL = "epoll_wait 返回之前，内核会逐个检查就绪列表里的每个 fd（每个一次）。"  # noqa: RUF001


def test_cells() -> None:
    assert cells("丢失: 3") == 7
    assert padded("丢失:", 10) == "丢失:     "
    assert padded("too long", 3) == "too long"


def test_chinese_is_broken_between_characters() -> None:
    lines = wrapped(EPOLL, 24, indent="  ").split("\n")
    assert [cells(line) <= 24 for line in lines] == [True] * len(lines)
    assert len(lines) == 4
    assert "".join(line.strip() for line in lines).replace(" ", "") == EPOLL.replace(" ", "")
    assert not any(line.strip()[0] in "，。（）" and line.strip()[0] != "（" for line in lines)  # noqa: RUF001
    assert not any(line.endswith("（") for line in lines)  # noqa: RUF001


def test_words_stay_whole() -> None:
    assert wrapped("  one two-three  four", 12, indent="    ") == "  one\n    two-three\n    four"
    assert wrapped("ep_autoremove_wake_function runs", 9) == "ep_autoremove_wake_function\nruns"
    assert wrapped("", 9) == ""


def test_a_chinese_table_fits_its_width() -> None:
    rows = [("epoll-wait-checks-list", message.message("corrected"), EPOLL * 3)]
    for width in (40, 60, 80):
        text = table(["claim", "verdict", "finding"], rows, width, words=3)
        assert max(map(cells, text.split("\n"))) <= width
        assert not any(line.strip()[:1] in ("，", "。", "）") for line in text.split("\n"))  # noqa: RUF001
    plain = table(["claim", "verdict", "finding"], rows, 60, words=3)
    coloured = table(["claim", "verdict", "finding"], rows, 60, words=3, coloured=True)
    bare = re.sub(r"\x1b\[[\d;]*m", "", coloured)
    assert [line.rstrip() for line in bare.split("\n")] == plain.split("\n")
