"""``--lang`` may come anywhere before ``--``."""

from __future__ import annotations

import pytest

from tracer import cli
from tracer.commands.helptexts import split_language
from tracer.shared.errors import UsageError
from tracer.shared.message import LANGUAGES


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
def test_lang_may_come_anywhere(arguments: list[str], language: str, rest: list[str]) -> None:
    assert split_language(arguments) == (language, rest)


def test_no_such_language(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(
        UsageError, match=f"unknown language 'tlh'; known: {', '.join(sorted(LANGUAGES))}"
    ):
        split_language(["--lang", "tlh"])
    assert cli.main(["report", "--lang"]) == 2
    assert "expected one argument" in capsys.readouterr().err
