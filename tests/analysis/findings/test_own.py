"""Rules from a user's own file: judged beside ours, and what is wrong with them is named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from analysis.findings.examine import examine
from analysis.findings.own import load_rules
from analysis.findings.telling import summary_lines
from analysis.frames import read_trace
from tests.analysis.handmade import WAITER, Maker
from tests.shared.sudo import needs_root
from tracer import cli
from tracer.shared.errors import UsageError

EXAMPLE = Path(__file__).parents[3] / "docs" / "example_findings.py"
TEXT = EXAMPLE.read_text()


def trace(tmp_path: Path, tiny: int = 123) -> Path:
    maker = Maker()
    maker.task(WAITER, "server")
    for _ in range(tiny):
        maker.call("read", 1, fd=7, nr=1)
    return maker.write(tmp_path / "x.trace")


def own(tmp_path: Path, old: str, new: str) -> Path:
    assert old in TEXT
    path = tmp_path / "mine.py"
    path.write_text(TEXT.replace(old, new))
    return path


@pytest.mark.parametrize(("tiny", "found"), [(123, 1), (99, 0)])
@pytest.mark.parametrize("size", [7, 1000])
def test_the_example_of_the_docs(tmp_path: Path, tiny: int, found: int, size: int) -> None:
    rules = load_rules(EXAMPLE)
    examined = examine(read_trace(trace(tmp_path, tiny)), rules=rules, size=size)
    assert len(examined.findings) == found
    assert examined.judged == ("tiny-reads",)
    if found:
        assert summary_lines(examined) == ["server (71): 123 reads of fd 7 asked for a single byte"]


def test_report_judges_them_and_fails_on_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["report", str(trace(tmp_path)), "--findings", str(EXAMPLE), "--trust"]
    page = tmp_path / "x.html"
    assert cli.main([*words, "--fail-on", "tiny-reads", "--html", str(page)]) == 4
    assert "Reads of a single byte [tiny-reads]" in capsys.readouterr().out
    assert "Reads of a single byte" in page.read_text()


def test_a_rule_that_no_file_has_is_unknown(tmp_path: Path) -> None:
    assert cli.main(["report", str(trace(tmp_path)), "--fail-on", "tiny-reads"]) == 2


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("RULES = (", "MINE = (", "mine.py has no RULES; needed a tuple of rules"),
        ('id="tiny-reads"', 'id="busy-poll"', "rule id busy-poll is already taken"),
        ('why="Each byte costs a system call."', 'why=""', "number 1 of RULES has no why"),
        ("RULES = (", "RULES = (7,", "number 1 of RULES is 7; needed a Rule"),
        ("import calls", "import cals", "mine.py cannot be imported: ImportError"),
    ],
)
def test_a_file_that_is_wrong(tmp_path: Path, old: str, new: str, words: str) -> None:
    with pytest.raises(UsageError, match=re.escape(words)):
        load_rules(own(tmp_path, old, new))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("tiny=1)", "tiny=1 / 0)", r"the rule tiny-reads failed: ZeroDivisionError: .*\(line 14\)"),
        ('row["tiny"] < TIMES', 'row["tny"] < TIMES', r"failed: KeyError: 'tny' \(line 26\)"),
        (
            'rule="tiny-reads"',
            'rule="tiny"',
            "judge gave Finding.*; needed a Finding of tiny-reads",
        ),
        ("return Parts(", "return dict(", "gather returned {.*; needed Parts"),
    ],
)
def test_a_failing_rule_is_named(tmp_path: Path, old: str, new: str, words: str) -> None:
    rules = load_rules(own(tmp_path, old, new))
    with pytest.raises(UsageError, match=words):
        examine(read_trace(trace(tmp_path)), rules=rules)


@needs_root
def test_as_root_a_file_of_others_is_not_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = own(tmp_path, '"""Findings', 'print("ran")\n"""Findings')
    path.chmod(0o666)
    words = ["report", str(trace(tmp_path)), "--findings", str(path)]
    assert cli.main(words) == 2
    said = capsys.readouterr()
    assert "would run as root: others may write to it (mode 666)" in said.err
    assert "ran" not in said.out
    assert cli.main([*words, "--trust"]) == 0
