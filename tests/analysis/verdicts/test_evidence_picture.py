"""A verdict's numbers as bars."""

from __future__ import annotations

import pytest

from analysis.checks.undecided import Undecided
from analysis.pictures.picture import vega_lite
from analysis.verdicts.engine import Evidence, supported, undecided
from analysis.verdicts.evidence_picture import EVIDENCE, evidence_rows
from tests.analysis.pictures.drawing import marks_of, svg_of, untitled

VERDICT = supported(
    "two units",
    [
        Evidence("calls", 1009, "calls"),
        Evidence("slow calls", 23, "calls"),
        Evidence("median", 2.5, "ms"),
        Evidence("not seen", None, "ms"),
        Evidence("not a number", float("nan"), "ms"),
        Evidence("none", 0, "entries"),
    ],
)


def test_numbers_are_measured_against_their_unit() -> None:
    rows = evidence_rows(VERDICT)
    assert rows["metric"].tolist() == ["calls", "slow calls", "median", "none"]
    assert rows["percent"].round(2).fillna(-1).tolist() == [100, 2.28, -1, -1]
    assert rows["line"].tolist() == [1, 2, 3, 4]


def test_zeros_of_one_unit_are_compared() -> None:
    rows = evidence_rows(supported("", [Evidence("a", 0, "calls"), Evidence("b", 0, "calls")]))
    assert rows["percent"].tolist() == [0, 0]


def test_no_numbers_no_picture() -> None:
    with pytest.raises(Undecided):
        evidence_rows(undecided("lost"))
    with pytest.raises(Undecided):
        evidence_rows(supported("", [Evidence("not seen", None, "ms")]))


def test_it_is_drawn_with_its_units() -> None:
    rows = {"6.1": evidence_rows(VERDICT)}
    marks = marks_of(svg_of(EVIDENCE, rows, "6.1"))
    _, bar, words, number = (mark for mark in marks if "slow calls" in mark)
    assert "of the greatest in its unit, %: 2.27" in bar
    assert "label: 23 calls" in number
    assert "label" not in words
    assert sum("median" in mark for mark in marks) == 2
    assert untitled(vega_lite(EVIDENCE, rows)) == []
