"""Verdicts in Python: a table, the numbers behind it, and what a notebook shows of it."""

from __future__ import annotations

from pathlib import Path

import pytest

import tracer
from analysis.packs import OURS
from analysis.page.verdicts import Run
from analysis.verdicts.engine import Decision, Evidence, refuted, undecided
from analysis.verdicts.results import KernelResult
from tracer.api.verdicts import Verdicts
from tracer.shared.errors import UsageError

pytestmark = pytest.mark.slow


@pytest.fixture
def verdicts(tmp_path: Path) -> Verdicts:
    finding = refuted("it is not <so>", [Evidence("calls", 23.0, "calls", "mux")])
    decisions = Decision(OURS[0], finding), Decision(OURS[1], undecided("7 records were lost"))
    return Verdicts([KernelResult("6.1.0", "lab", decisions)], tmp_path, Run())


def test_a_row_for_each_claim(verdicts):
    rows = verdicts.table.set_index("claim")
    assert list(rows.index) == [OURS[0].id, OURS[1].id]
    assert list(rows["verdict"]) == ["refuted", "undecided"]
    assert list(rows["finding"]) == ["it is not <so>", "7 records were lost"]
    assert set(rows["kernel"]) == {"6.1.0"}


def test_the_numbers_behind_verdicts(verdicts):
    (row,) = verdicts.evidence.to_dict("records")
    assert (row["claim"], row["metric"], row["value"]) == (OURS[0].id, "calls", 23.0)


def test_a_notebook_shows_statements(verdicts):
    shown = verdicts._repr_html_()
    assert OURS[0].statement in shown
    assert "it is not &lt;so&gt;" in shown


def test_it_is_counted_in_a_line(verdicts):
    assert repr(verdicts) == "<Verdicts on 6.1.0: 1 refuted, 1 undecided>"


@pytest.mark.parametrize(
    ("claims", "asked", "words"),
    [
        (["epoll-map"], {}, "nearest: epoll-mmap"),
        ([], {"packs": ["no.py"]}, "no such file"),
        (["epoll-mmap"], {"kernels": ["6,1"]}, "unknown kernel"),
    ],
)
def test_what_cannot_be(claims, asked, words, tmp_path):
    with pytest.raises(UsageError, match=words):
        tracer.verify(*claims, into=tmp_path / "run", **asked)
    assert list(tmp_path.iterdir()) == []
