from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from analysis.tables import table
from tests.analysis.handmade import Maker
from tracer import cli
from tracer.commands.helptexts import split_language
from tracer.shared import say
from tracer.shared.errors import UsageError
from tracer.shared.wrapping import cells, padded, wrapped

EPOLL = "epoll_wait 返回之前，内核会逐个检查就绪列表里的每个 fd（每个一次）。"  # noqa: RUF001


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh_CN"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "en_GB.UTF-8", "LC_MESSAGES": "zh"}, "zh_CN"),
        ({"LANG": "fr_FR.UTF-8"}, "en"),
    ],
)
def test_the_locale_decides(environment: dict[str, str], language: str) -> None:
    assert say.wanted(environment) == language


@pytest.mark.parametrize(
    ("arguments", "language", "rest"),
    [
        (["verify", "--list"], None, ["verify", "--list"]),
        (["--lang", "zh-CN", "verify", "--list"], "zh_CN", ["verify", "--list"]),
        (["verify", "--lang=zh_CN.UTF-8", "--list"], "zh_CN", ["verify", "--list"]),
        (["--lang", "zh", "verify", "--lang", "en"], "en", ["verify"]),
        (["record", "--", "ls", "--lang", "x"], None, ["record", "--", "ls", "--lang", "x"]),
        (["record", "--lang", "zh", "-o", "a", "--", "ls"], "zh_CN",
         ["record", "-o", "a", "--", "ls"]),
    ],
)  # fmt: skip
def test_lang_may_stand_anywhere(arguments: list[str], language: str, rest: list[str]) -> None:
    assert split_language(arguments) == (language, rest)


def test_no_such_language(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UsageError, match="unknown language 'fr'; known: en, zh_CN"):
        split_language(["--lang", "fr"])
    assert cli.main(["report", "--lang"]) == 2
    assert "expected one argument" in capsys.readouterr().err


def test_a_language_that_was_not_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(say, "LOCALES", tmp_path)
    assert cli.main(["--lang", "zh", "report", "no.trace"]) == 1
    first, second = capsys.readouterr().err.splitlines()
    assert first == "tracer: no texts in zh_CN; run scripts/build"
    assert second.startswith("tracer: no.trace: found nothing; needed a trace directory")


def test_two_forms_and_texts_in_texts() -> None:
    one, many = "{count} call of {who}", "{count} calls of {who}"
    told = say.say_n(one, many, count=1, who="poll")
    assert told == "1 call of poll"
    assert say.joined("; ", [told, say.say_n(one, many, count=2, who="poll")]) == (
        "1 call of poll; 2 calls of poll"
    )
    assert isinstance(str(UsageError(told)), say.Said)


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
    rows = [("epoll-wait-checks-list", say.say("corrected"), EPOLL * 3)]
    for width in (40, 60, 80):
        text = table(["claim", "verdict", "finding"], rows, width, words=3)
        assert max(map(cells, text.split("\n"))) <= width
        assert not any(line.strip()[:1] in ("，", "。", "）") for line in text.split("\n"))  # noqa: RUF001
    plain = table(["claim", "verdict", "finding"], rows, 60, words=3)
    coloured = table(["claim", "verdict", "finding"], rows, 60, words=3, coloured=True)
    bare = re.sub(r"\x1b\[[\d;]*m", "", coloured)
    assert [line.rstrip() for line in bare.split("\n")] == plain.split("\n")


def test_a_terminal_that_has_not_every_character(tmp_path: Path) -> None:
    """GBK has no µ."""
    maker = Maker()
    maker.call("poll", 1)
    path = maker.write(tmp_path / "x.trace")
    done = subprocess.run(
        [sys.executable, "-m", "tracer.cli", "report", path],
        env={**os.environ, "PYTHONIOENCODING": "gbk"},
        capture_output=True,
        check=True,
    )
    assert r"Time per call, \xb5s" in done.stdout.decode("gbk")
