"""Which language is used, and texts made of other texts."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.analysis.handmade import Maker
from tracer import cli
from tracer.shared import message
from tracer.shared.errors import UsageError


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
    assert message.wanted(environment) == language


def test_a_language_that_was_not_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(message, "LOCALES", tmp_path)
    assert cli.main(["--lang", "zh", "report", "no.trace"]) == 1
    first, second = capsys.readouterr().err.splitlines()
    assert first == "tracer: no texts in zh_CN; run scripts/build"
    assert second.startswith("tracer: no.trace: found nothing; needed a trace directory")


def test_two_forms_and_texts_in_texts() -> None:
    one, many = "{count} call of {who}", "{count} calls of {who}"
    text = message.message_n(one, many, count=1, who="poll")
    assert text == "1 call of poll"
    assert message.joined("; ", [text, message.message_n(one, many, count=2, who="poll")]) == (
        "1 call of poll; 2 calls of poll"
    )
    assert isinstance(str(UsageError(text)), message.Message)


@pytest.mark.slow
def test_a_terminal_that_lacks_characters(tmp_path: Path) -> None:
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
