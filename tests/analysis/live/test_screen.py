"""What is wrong comes first; programs' names control nothing; omissions are stated."""

from __future__ import annotations

from dataclasses import replace

from rich.console import Console

from analysis.live.screen import MOST_LOOPS, screen
from analysis.live.signs import signs
from tests.analysis.live.making import EPOLL_WAIT, READ, row, view


def lines(width: int, *parts: object) -> list[str]:
    console = Console(width=width, force_terminal=False, color_system=None)
    with console.capture() as captured:
        console.print(*parts)
    return captured.get().splitlines()


def test_signs_before_rows() -> None:
    busy = row(EPOLL_WAIT, calls=2000, at_once=1500, empty=1200, returned=1600, wakeups=7)
    output = lines(120, screen("head", view(busy), signs([busy], [])))
    assert output[0] == "head"
    assert "polls without waiting: 75% of 2,000 waits per second" in " ".join(output[1:3])
    assert "epoll_wait (fd 5 name of 5)" in output[1]
    found = next(line for line in output if "75%" in line and "60%" in line and "!" not in line)
    assert found.split()[-9:] == ["2,000", "2.0", "60%", "75%", "0", "7", "0.0", "–", "–"]  # noqa: RUF001


def test_no_sign_is_reported() -> None:
    assert "nothing wrong so far" in lines(120, screen("head", view(), []))


def test_names_are_made_visible() -> None:
    output = "\n".join(lines(120, screen("head", view(row(EPOLL_WAIT, calls=1)), [])))
    assert "\x1b" not in output
    assert "task" in output


def test_rows_left_out_are_counted() -> None:
    many = [row(READ, calls=1)] * (MOST_LOOPS + 3)
    assert "and 3 more rows" in lines(120, screen("head", view(others=tuple(many)), []))


def test_fits_in_eighty_columns() -> None:
    shown = view(row(EPOLL_WAIT, calls=123456), others=(row(READ, calls=123456),))
    output = lines(80, screen("head", shown, []))
    assert max(map(len, output)) <= 80
    assert any(line.startswith(" epoll_wait fd") and "123,456" in line for line in output)
    assert any(line.startswith(" read fd 5 name of 5") and "123,456" in line for line in output)


def test_a_single_thread_is_named_above_its_rows() -> None:
    one, other = row(READ, calls=2), replace(row(READ, calls=1), pid=80, tid=81)
    output = "\n".join(lines(120, screen("head", view(others=(one,)), [])))
    assert "call: task" in output
    assert output.count(" 71") == 1
    output = "\n".join(lines(120, screen("head", view(others=(one, other)), [])))
    assert "call: " not in output
    assert (output.count(" 71"), output.count(" 81")) == (1, 1)
