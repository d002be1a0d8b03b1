"""The pictures of requests, of select and poll, of costs and of limits are drawn from each case."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from analysis.claims.engine import DECIDED, Outcome
from analysis.claims.packs import OURS
from analysis.frames import Trace
from analysis.pictures import PICTURES
from analysis.pictures.picture import MOST_ROWS, vega_lite
from tests.analysis.cases import CASES
from tests.analysis.making import Build, traces_of
from tests.analysis.pictures.drawing import marks_of, svg_of, untitled

COSTS = (
    "mux-degrades", "all-active-no-gain", "ctl-churn-costs", "idle-advantage", "awake-scan",
    "callback-saves-cpu",
)  # fmt: skip
REFERRED = (
    "blocking-waits", "mux-continuous-scan", "mux-linear-scan", "ctl-churn-costs", "wait-naps",
    "select-fd-limit", "file-max-per-gib", "mux-many-naps", "epoll-many-naps",
    "mux-copies-each-call", "mux-queues-each-call",
)  # fmt: skip
"""Those with a dashed reference."""
PLAIN = (
    "nonblocking-returns", "nonblocking-background", "nonblocking-repolls", "mux-one-call",
    "epoll-no-limit",
)  # fmt: skip
MINE = tuple(dict.fromkeys((*COSTS, *REFERRED, *PLAIN)))
BY_ID = {claim.id: claim for claim in OURS}
CASES_OF_MINE = [
    pytest.param(claim, build, id=f"{claim}-{outcome}-{number}")
    for claim in MINE
    for outcome in DECIDED
    for number, build in enumerate(CASES[claim].get(outcome, []))
]


def traced(claim: str, build: Build, path: Path) -> list[Trace]:
    return traces_of(build(), BY_ID[claim], path)


@pytest.mark.parametrize(("claim", "build"), CASES_OF_MINE)
def test_every_decided_case_has_rows(claim: str, build: Build, tmp_path: Path) -> None:
    rows = PICTURES[claim].rows(*traced(claim, build, tmp_path))
    assert 0 < len(rows) <= MOST_ROWS
    vega_lite(PICTURES[claim], {"6.1": rows})


@pytest.mark.parametrize("claim", MINE)
def test_first_case_is_drawn(claim: str, tmp_path: Path) -> None:
    build = next(iter(CASES[claim].values()))[0]
    picture = PICTURES[claim]
    rows = picture.rows(*traced(claim, build, tmp_path))
    both = {"6.1": rows, "7.3": rows.head(1)}
    spec = vega_lite(picture, both)
    assert untitled(spec) == []
    # Rows of a layer's own would be those of every kernel.
    assert "data" in spec
    assert not [layer for layer in spec.get("layer", ()) if "data" in layer]
    of_first, of_second = (marks_of(svg_of(picture, both, kernel)) for kernel in both)
    assert len(of_first) > 1
    assert 0 < len(of_second) < len(of_first)
    assert not [mark for mark in of_first if "NaN" in mark or "undefined" in mark]
    colours = set(re.findall(r"var\(--[a-z0-9-]+\)|#[0-9a-f]{6}", json.dumps(spec)))
    assert {"var(--ink)", *(f"var(--model-{n})" for n in range(1, 7))} >= colours


@pytest.mark.parametrize("claim", REFERRED)
def test_what_nobody_measured_is_dashed_and_named(claim: str, tmp_path: Path) -> None:
    build = next(iter(CASES[claim].values()))[0]
    rows = PICTURES[claim].rows(*traced(claim, build, tmp_path))
    spec = vega_lite(PICTURES[claim], {"6.1": rows})
    (label,) = {
        layer["encoding"]["strokeDash"]["scale"]["domain"][0]
        for layer in spec["layer"]
        if "strokeDash" in layer["encoding"]
    }
    svg = svg_of(PICTURES[claim], {"6.1": rows}, "6.1")
    assert f">{label}</text>" in svg
    assert 'stroke-dasharray="5,4"' in svg


def test_every_verdict_has_a_case() -> None:
    assert {outcome for claim in MINE for outcome in CASES[claim]} == set(Outcome)
