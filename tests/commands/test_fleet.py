"""``tracer report`` of many: what is left out is named, the rest is reported, the code says so."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.analysis.findings.cases import CASES
from tests.analysis.handmade import Maker
from tracer import cli

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
RECORDED = ROOT / "tests" / "traces"
ALL = sorted(RECORDED.glob("*.trace"))


def reported(tmp_path: Path, *words: object) -> tuple[int, dict[str, Any]]:
    path = tmp_path / "fleet.json"
    code = cli.main(["report", *map(str, words), "--json", str(path), "--force"])
    return code, json.loads(path.read_text())


def run_of(directory: Path, release: str, **verdicts: str) -> Path:
    claims = [{"id": claim, "verdict": verdict} for claim, verdict in verdicts.items()]
    kernel = {"release": release, "where": "lab", "claims": claims}
    directory.mkdir(parents=True)
    (directory / "verdicts.json").write_text(json.dumps({"schema": 1, "kernels": [kernel]}))
    return directory


def test_several_traces_and_their_directory_give_one_report(tmp_path: Path) -> None:
    for path in ALL:
        shutil.copytree(path, tmp_path / "many" / path.name)
    code, named = reported(tmp_path, *ALL)
    other, inside = reported(tmp_path, tmp_path / "many")
    assert (code, other) == (0, 0)
    assert named == inside
    assert named["total"]["traces"] == len(ALL)


def test_a_damaged_trace_is_named_and_the_rest_reported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(ALL[0], tmp_path / "bad.trace")
    (tmp_path / "bad.trace" / "calls.bin").write_bytes(bytes(4096))
    code, found = reported(tmp_path, *ALL[1:], tmp_path / "bad.trace", tmp_path / "none.trace")
    assert code == 1
    assert found["total"]["traces"] == len(ALL) - 1
    out = capsys.readouterr().out
    assert "2 traces are not in this report:" in out
    assert "bad.trace" in out
    assert "none.trace" in out


def test_a_copy_is_named_and_counts_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(ALL[0], tmp_path / "copy.trace")
    code, twice = reported(tmp_path, ALL[0], tmp_path / "copy.trace", ALL[0])
    assert code == 0
    assert "2 copies are not counted:" in capsys.readouterr().out
    assert twice["total"]["traces"] == 1


def test_verdicts_of_a_directory_of_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_of(tmp_path / "runs" / "1", "6.1", same="supported", other="refuted")
    run_of(tmp_path / "runs" / "2", "6.1", same="supported", other="supported")
    run_of(tmp_path / "runs" / "3", "7.3", same="supported", other="supported")
    assert cli.main(["report", str(tmp_path / "runs")]) == 0
    out = capsys.readouterr().out
    assert "Verdicts of 3 runs of verify" in out
    assert out.index("other") < out.index("same")
    assert "trace" not in out
    (tmp_path / "runs" / "2" / "verdicts.json").write_text("{")
    assert cli.main(["report", str(tmp_path / "runs")]) == 1
    assert "1 run of verify is not in this report:" in capsys.readouterr().out


def test_kernels_that_do_not_fit_have_a_table_of_their_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(9):
        run_of(tmp_path / "runs" / str(number), f"6.{number}.0-long-name", same="supported")
    assert cli.main(["report", str(tmp_path / "runs")]) == 0
    lines = capsys.readouterr().out.split("\n")
    assert max(map(len, lines)) <= 80
    assert sum(line.startswith(" same ") for line in lines) > 1


def test_markdown_shows_names_as_they_are(tmp_path: Path) -> None:
    trace = tmp_path / "x.trace"
    shutil.copytree(ALL[0], trace)
    manifest = json.loads((trace / "manifest.json").read_text())
    (trace / "manifest.json").write_text(json.dumps(manifest | {"host": "a|b<img>`c`"}))
    page = tmp_path / "fleet.md"
    assert cli.main(["report", str(trace), str(ALL[1]), "--markdown", str(page)]) == 0
    assert r"| a\|b\<img\>\`c\` |" in page.read_text()


@pytest.mark.parametrize(
    ("rules", "expected"),
    [("busy-poll", 4), ("any", 4), ("held-up", 1), ("busy-pol", 2)],
)
def test_fail_on_any_of_them(tmp_path: Path, rules: str, expected: int) -> None:
    maker = Maker(detached={"sched_waking": "EPERM"})
    CASES["busy-poll"].faulty(maker)
    path = maker.write(tmp_path / "x.trace")
    words = ["report", str(path), str(tmp_path / "none.trace"), "--fail-on", rules]
    assert cli.main(words) == expected


@pytest.mark.parametrize("option", ["--junit=x.xml", "--by=fd", "--pack=x.py"])
def test_what_is_for_one_trace_is_refused(
    option: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main(["report", *map(str, ALL), option]) == 2
    assert "for one trace or one run, not for several" in capsys.readouterr().err


def test_a_users_rules_are_judged_in_each_trace(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rules = ["--findings", str(ROOT / "docs" / "example_findings.py")]
    _, found = reported(tmp_path, *ALL, *rules)
    assert all("tiny-reads" in trace["judged"] for trace in found["traces"] if trace["judged"])
    assert any(trace["judged"] for trace in found["traces"])
    _, without = reported(tmp_path, *ALL)
    assert not any("tiny-reads" in trace["judged"] for trace in without["traces"])
    capsys.readouterr()
    assert cli.main(["export", *map(str, ALL[:2]), "--dataset", str(tmp_path / "d")]) == 0
    assert cli.main(["report", str(tmp_path / "d"), *rules]) == 2
    assert "d is a dataset, whose findings date from when each" in capsys.readouterr().err
    run_of(tmp_path / "runs" / "0", "6.1.0", same="supported")
    assert cli.main(["report", str(tmp_path / "runs"), *rules]) == 2
    assert "not for a finished run of verify" in capsys.readouterr().err


def test_traces_without_a_host_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number, path in enumerate(ALL[:3]):
        trace = tmp_path / "many" / f"{number}.trace"
        shutil.copytree(path, trace)
        manifest = json.loads((trace / "manifest.json").read_text())
        host = "web-17.a-data-centre.example.org" if number else None
        (trace / "manifest.json").write_text(json.dumps(manifest | {"host": host}))
    _, found = reported(tmp_path, tmp_path / "many")
    assert found["total"]["hosts"] == 1
    assert {each["name"]: each["hosts"] for each in found["hosts"]} == {
        "host unknown": 0, "web-17.a-data-centre.example.org": 1,
    }  # fmt: skip
    out = capsys.readouterr().out
    assert "3 traces, 1 host, " in out
    assert "host unknown: 1 trace does not say where it was recorded" in out
    lines = out.split("\n")
    assert max(map(len, lines)) <= 80
    names = [line for line in lines if line.startswith(" web-17.a-data-centre.example.org ")]
    assert len(names) > 1, "a table in parts, no name folded"
