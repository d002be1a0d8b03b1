"""A finished run is decided again from its traces; missing ones leave claims undecided."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

from analysis.claims.overviews import overviews_of
from analysis.packs import claim_named
from analysis.page.run_files import write_reports
from analysis.page.verdicts import Run
from analysis.verdicts.engine import Outcome, decide_kernel
from analysis.verdicts.exhibits import exhibits_of
from analysis.verdicts.results import KernelResult
from tests.analysis import scenes
from tests.analysis.handmade import Maker
from tracer import cli
from tracer.commands.finished import read_run
from tracer.commands.verification import read_all
from tracer.shared.errors import TraceError

CLAIMS = [claim_named("blocking-waits"), claim_named("nonblocking-returns")]
RELEASE = "6.1.0-56-amd64"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a run of the lab with one trace."""
    maker = Maker()
    scenes.blocking(maker)
    scenes.nonblocking(maker)
    into = tmp_path_factory.mktemp("finished") / "run"
    (into / RELEASE).mkdir(parents=True)
    trace = maker.write(into / RELEASE / "waits.trace")
    traces = read_all({"waits": [trace]})
    decisions = decide_kernel(CLAIMS, traces)
    exhibits, overviews = exhibits_of(decisions, traces), overviews_of(traces)
    result = KernelResult(RELEASE, "lab", decisions, exhibits, overviews)
    write_reports(into, [result], Run("tracer verify", ("p.py",)))
    return into


@pytest.fixture
def run(made: Path, tmp_path: Path) -> Path:
    """Return a copy of the run, which tests may change."""
    return Path(shutil.copytree(made, tmp_path / "run"))


def test_it_decides_as_before(run):
    found = read_run(run, CLAIMS)
    assert [(each.release, each.where) for each in found.results] == [(RELEASE, "lab")]
    outcomes = {each.claim.id: each.verdict.outcome for each in found.results[0].decisions}
    assert outcomes == {claim.id: Outcome.SUPPORTED for claim in CLAIMS}
    assert (found.run, found.unknown) == (Run("tracer verify", ("p.py",)), [])


def test_the_page_is_the_same_as_before(run, tmp_path, capsys):
    assert cli.main(["report", str(run), "--html", str(tmp_path / "again.html")]) == 0
    assert (tmp_path / "again.html").read_text() == (run / "verdicts.html").read_text()
    assert "2 claims: 2 supported" in capsys.readouterr().out


def test_in_another_language(run, tmp_path, capsys):
    assert cli.main(["--lang", "zh_CN", "report", str(run)]) == 0
    assert "成立" in capsys.readouterr().out


def test_other_forms(run, tmp_path):
    names = {kind: str(tmp_path / f"x.{kind}") for kind in ("json", "markdown", "junit")}
    options = [word for kind, name in names.items() for word in (f"--{kind}", name)]
    assert cli.main(["report", str(run), *options]) == 0
    assert json.loads(Path(names["json"]).read_text()) == json.loads(
        (run / "verdicts.json").read_text()
    )
    assert Path(names["markdown"]).read_text().startswith("# Verdicts")
    assert Xml.parse(names["junit"]).getroot()[0].get("tests") == "2"  # noqa: S314


def test_nothing_is_written_over(run, tmp_path, capsys):
    (tmp_path / "x.xml").write_text("mine")
    assert cli.main(["report", str(run), "--junit", str(tmp_path / "x.xml")]) == 2
    assert (tmp_path / "x.xml").read_text() == "mine"


def test_a_trace_that_is_gone_leaves_claims_undecided(run):
    shutil.rmtree(run / RELEASE)
    verdicts = [each.verdict for each in read_run(run, CLAIMS).results[0].decisions]
    assert {each.outcome for each in verdicts} == {Outcome.UNDECIDED}
    assert " does not exist" in str(verdicts[0].undecided_because)


def test_an_unknown_claim_is_reported(run, capsys):
    verdicts = json.loads((run / "verdicts.json").read_text())
    verdicts["kernels"][0]["claims"][0]["id"] = "of-my-own"
    (run / "verdicts.json").write_text(json.dumps(verdicts))
    assert cli.main(["report", str(run)]) == 0
    said = capsys.readouterr()
    assert "left out, as their pack was not given (--pack FILE): of-my-own" in said.err
    assert "1 claim: 1 supported" in said.out


@pytest.mark.parametrize("release", ["../..", "..", "a/b", "", ".hidden", "x\n"])
def test_a_release_leads_nowhere_else(run, release):
    verdicts = json.loads((run / "verdicts.json").read_text())
    verdicts["kernels"][0]["release"] = release
    (run / "verdicts.json").write_text(json.dumps(verdicts))
    with pytest.raises(TraceError, match="release"):
        read_run(run, CLAIMS)


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"schema": 2}', '{"schema": 1}', '{"schema": 1, "kernels": 3}']
)
def test_what_is_not_a_run(run, text):
    (run / "verdicts.json").write_text(text)
    with pytest.raises(TraceError):
        read_run(run, CLAIMS)


@pytest.mark.parametrize("option", ["--junit", "--markdown"])
def test_a_trace_has_no_verdicts(option, run, tmp_path, capsys):
    trace = run / RELEASE / "waits.trace"
    assert cli.main(["report", str(trace), option, str(tmp_path / "x")]) == 2
    assert "for a finished run of verify" in capsys.readouterr().err
