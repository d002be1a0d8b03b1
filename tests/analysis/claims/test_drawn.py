"""The picture of each claim can be drawn from each of its cases."""

from __future__ import annotations

import json
import re

import altair as alt
import jsonschema_rs
import pandas as pd
import pytest

from analysis.checks.undecided import Undecided
from analysis.packs import OURS
from analysis.pictures.picture import MOST_ROWS, Picture
from analysis.verdicts.engine import DECIDED
from tests.analysis.claims.cases import CASES
from tests.analysis.making import Build, case_of
from tests.analysis.pictures.drawing import drawn, marks_of, untitled, valid_vega_lite

BY_ID = {claim.id: claim for claim in OURS}
PICTURES = {claim.id: claim.picture for claim in OURS if claim.picture}
BARE = ("uring-poll-oneshot", "uring-poll-multishot")
"""Claims whose picture has nothing to draw if no callback ran at all."""
GAPS = ("mux-continuous-scan", "select-fd-limit", "epoll-no-limit", "mux-copies-each-call")
"""Claims whose rows lack a number if a case has none."""
DECIDED_CASES = [
    pytest.param(claim, build, id=f"{claim}-{outcome}-{number}")
    for claim in PICTURES
    for outcome in DECIDED
    for number, build in enumerate(CASES[claim].get(outcome, []))
]


@pytest.mark.slow
@pytest.mark.parametrize(("claim", "build"), DECIDED_CASES)
def test_every_decided_case_has_rows(claim: str, build: Build) -> None:
    try:
        rows = PICTURES[claim].rows(*case_of(build, BY_ID[claim]))
    except Undecided:
        assert claim in BARE
        return
    assert 0 < len(rows) <= MOST_ROWS
    assert claim in GAPS or not rows.isna().any(axis=None)
    valid_vega_lite(PICTURES[claim], {"6.1": rows})


@pytest.mark.slow
@pytest.mark.parametrize("claim", PICTURES)
def test_first_case_is_drawn(claim: str) -> None:
    build = next(iter(CASES[claim].values()))[0]
    picture = PICTURES[claim]
    rows = picture.rows(*case_of(build, BY_ID[claim]))
    both = {"6.1": rows, "7.3": rows.head(1)}
    spec = valid_vega_lite(picture, both)
    assert untitled(spec) == []
    # A layer with rows of its own would show those of every kernel.
    assert "data" in spec
    assert not [layer for layer in spec.get("layer", ()) if "data" in layer]
    of_first, of_second = (marks_of(drawn(spec, kernel)) for kernel in both)
    assert len(of_first) > 1
    assert 0 < len(of_second) < len(of_first)
    assert not [mark for mark in of_first if "NaN" in mark or "undefined" in mark]
    colours = set(re.findall(r"var\(--[a-z0-9-]+\)|#[0-9a-f]{6}", json.dumps(spec)))
    assert {"var(--ink)", *(f"var(--model-{n})" for n in range(1, 7))} >= colours


@pytest.mark.slow
@pytest.mark.parametrize("claim", PICTURES)
def test_what_nobody_measured_is_dashed_and_named(claim: str) -> None:
    build = next(iter(CASES[claim].values()))[0]
    rows = PICTURES[claim].rows(*case_of(build, BY_ID[claim]))
    spec = valid_vega_lite(PICTURES[claim], {"6.1": rows})
    labels = {
        layer["encoding"]["strokeDash"]["scale"]["domain"][0]
        for layer in spec.get("layer", ())
        if "strokeDash" in layer.get("encoding", {})
    }
    if "textbook" in json.dumps(spec):
        assert labels
    if labels:
        svg = drawn(spec, "6.1")
        assert all(f">{label}</text>" in svg for label in labels)
        assert 'stroke-dasharray="5,4"' in svg


def test_what_is_no_vega_lite_is_refused() -> None:
    def chart(rows: pd.DataFrame) -> alt.Chart:
        return alt.Chart(rows).mark_bar().encode(x=alt.X("n:Q", scale={"kind": "log"}))

    with pytest.raises(jsonschema_rs.ValidationError, match="kind"):
        valid_vega_lite(Picture("", "", lambda: None, chart), {"6.1": pd.DataFrame({"n": [1]})})
