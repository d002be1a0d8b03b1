from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from analysis.terminal import colour
from analysis.terminal.tables import table
from analysis.verdicts.engine import Outcome

ROOT = Path(__file__).resolve().parents[3]
ESCAPE = re.compile(r"\x1b\[[\d;]*m")
ROWS = [["blocking-waits", "supported"], ["epoll-mmap", "refuted"], ["mine", "not decided yet"]]


def test_every_verdict_has_a_colour() -> None:
    assert {str(outcome) for outcome in Outcome} <= set(colour.STYLES)


def test_painted_words_and_others() -> None:
    assert colour.paint("refuted", coloured=True) == "\x1b[31mrefuted\x1b[0m"
    assert colour.paint("refuted", coloured=False) == "refuted"
    assert colour.paint("nothing", coloured=True) == "nothing"


def test_table_in_colour_is_the_plain_one_with_colour() -> None:
    plain, coloured = (
        table(["claim", "verdict"], ROWS, 80, words=2, coloured=each) for each in (False, True)
    )
    assert "\x1b" not in plain
    assert "\x1b[32msupported\x1b[0m" in coloured
    assert "\x1b[31mrefuted\x1b[0m" in coloured
    without = [line.rstrip() for line in ESCAPE.sub("", coloured).splitlines()]
    assert without == plain.splitlines()


def test_table_is_plain_whatever_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b" not in table(["claim", "verdict"], ROWS, 80, words=2)


def test_names_cannot_control_a_terminal() -> None:
    text = table(["name"], [["a\x1b[2J\x07\rb\u202e\x9b"]], 80, words=1, coloured=False)
    assert text.splitlines()[-1].strip() == r"a\x1b[2J\x07\rb\u202e\x9b"


@pytest.mark.parametrize(
    ("environment", "painted"),
    [
        ({"TERM": "xterm"}, True),
        ({"TERM": "xterm", "NO_COLOR": ""}, True),
        ({"TERM": "xterm", "NO_COLOR": "1"}, False),
        ({"TERM": "dumb"}, False),
    ],
)
def test_on_a_terminal(environment: dict[str, str], painted: bool) -> None:
    assert asked_on_a_terminal(environment) == str(painted)


def test_in_a_pipe(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert not colour.wanted()


def asked_on_a_terminal(environment: dict[str, str]) -> str:
    """Return the result of ``colour.wanted`` when standard output is a terminal."""
    ours, terminal = pty.openpty()
    kept = {name: value for name, value in os.environ.items() if "COLOR" not in name}
    subprocess.run(
        [sys.executable, "-c", "from analysis.terminal import colour; print(colour.wanted())"],
        stdout=terminal,
        env=kept | environment,
        cwd=ROOT,
        check=True,
    )
    os.close(terminal)
    with os.fdopen(ours, "rb") as screen:
        return screen.read1().decode().strip()
