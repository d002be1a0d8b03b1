"""``tracer explain``: one call, or the table of those worth seeing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.analysis import scenes
from tests.analysis.handmade import Maker
from tests.analysis.timeline.scenes import poll_of_three
from tracer import cli


@pytest.fixture
def trace(tmp_path: Path) -> str:
    maker = Maker(detail="steps")
    maker.observe(8, "tcp", local="127.0.0.1:80")
    poll_of_three(maker)
    return str(maker.write(tmp_path / "x.trace"))


def test_list_has_the_options_that_show_each(
    trace: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["explain", trace, "--list"]) == 0
    shown = capsys.readouterr().out
    assert f"{trace} --call TID:SEQ" in " ".join(shown.split())
    (row,) = (line for line in shown.splitlines() if line.startswith(" poll"))
    assert row.split()[-3:] == ["1", "--call", "71:1"]
    assert cli.main(["explain", trace, *row.split()[-2:], "--plain"]) == 0
    assert "calls poll on 3 fds" in " ".join(capsys.readouterr().out.split())


def test_slowest_about_an_fd_by_name(trace: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["explain", trace, "--fd", ":80", "--slowest", "--plain"]) == 0
    assert "calls poll on 3 fds" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--call", "71:1", "--slowest", "--fd", "8"], "leave out --slowest, --fd"),
        (["--list", "--html", "x.html"], "--list shows no timeline"),
        (["--fd", "77"], "--fd 77: no call is about it"),
        (["--phase", "polls"], "--phase polls: there is none; needed the number or the name of"),
        (["--phase", "2"], "of one: 1 "),
        (["--empty"], "none of the 1 matching calls returned nothing"),
    ],
)
def test_errors_say_what_to_do(
    trace: str, options: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["explain", trace, *options]) == 2
    assert words in capsys.readouterr().err


def test_a_phase_by_its_number_or_its_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    maker = Maker(detail="steps")
    for name in ("first", "second", "second"):
        scenes.mux(maker, ready=1, label=name)
    trace = str(maker.write(tmp_path / "x.trace"))
    names = [each["name"] for each in maker.phases]
    for asked in ("1", names[0]):
        assert cli.main(["explain", trace, "--phase", asked, "--plain"]) == 0
    capsys.readouterr()
    assert cli.main(["explain", trace, "--phase", names[1]]) == 2
    assert "several phases have that name; give the number of one: 1 " in capsys.readouterr().err


def test_a_program_that_is_not_ours_has_no_phases(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trace = str(Maker(detail="steps").write(tmp_path / "x.trace"))
    assert cli.main(["explain", trace, "--phase", "1"]) == 2
    assert "the trace has no phases" in capsys.readouterr().err
