"""How far a run has got: plain lines without a terminal, one display in one."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from tracer.commands import board as boards
from tracer.commands.board import Board, LiveBoard, Row, board, clock
from tracer.lab.times import expected_s, remember

pytestmark = pytest.mark.usefixtures("cache")
ROW = Row("6.1.0-56-amd64", "1 GiB", ("waits", "mux", "epoll-life"))


def test_plain_lines_name_kernel_and_boot() -> None:
    said: list[str] = []
    with Board(said.append) as plain:
        plain.begin(ROW)
        plain.show_progress(ROW, "recording mux")
        plain.finished(ROW, 3)
    assert said == ["6.1.0-56-amd64, 1 GiB: recording mux"]


def test_the_next_of_its_kind_has_an_estimate(monkeypatch: pytest.MonkeyPatch) -> None:
    now = iter((100.0, 287.0, 300.0))
    monkeypatch.setattr(boards.time, "monotonic", lambda: next(now))
    said: list[str] = []
    plain = Board(said.append)
    plain.begin(ROW)
    plain.finished(ROW, 2)
    assert expected_s(ROW.key) is None
    plain.finished(ROW, 3)
    assert expected_s(ROW.key) == 187.0
    plain.begin(ROW)
    assert said == ["6.1.0-56-amd64, 1 GiB: about 3:07, as before on this machine"]


def test_a_row_that_did_not_end_is_not_remembered() -> None:
    plain = Board(lambda _: None)
    plain.begin(ROW)
    plain.finished(ROW, 1)
    assert expected_s(ROW.key) is None


def test_a_terminal_shows_experiment_time_and_what_is_done() -> None:
    remember(ROW.key, 250.0)
    out = io.StringIO()
    with LiveBoard(Console(file=out, force_terminal=True, width=120)) as live:
        live.begin(ROW)
        live.finished(ROW, 1)
        live.show_progress(ROW, "mux: [bold]5 s\x1b[2J")
        live._shown.refresh()
    shown = out.getvalue()
    assert "6.1.0-56-amd64, 1 GiB: experiment 2 of 3" in shown
    assert "0:00 of about 4:10" in shown
    assert "mux: [bold]5 s\\x1b[2J" in shown


def test_nothing_is_left_in_the_terminal() -> None:
    out = io.StringIO()
    with LiveBoard(Console(file=out, force_terminal=True, width=100)) as live:
        live.begin(ROW)
    assert out.getvalue().endswith("\x1b[2K")


def test_without_a_terminal_lines_are_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    assert type(board()) is Board
    monkeypatch.setattr(boards.sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "dumb")
    assert type(board()) is Board
    monkeypatch.setenv("TERM", "xterm")
    assert type(board()) is LiveBoard


def test_times_are_minutes_and_seconds() -> None:
    assert [clock(seconds) for seconds in (0.4, 59.6, 187, 3600)] == [
        "0:00",
        "1:00",
        "3:07",
        "60:00",
    ]
