"""The pictures of epoll, its modes, its crowds and its neighbours are drawn from each case."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from analysis.claims.engine import DECIDED, Undecided
from analysis.frames import read_trace
from analysis.pictures import PICTURES
from analysis.pictures.picture import MOST_ROWS, vega_lite
from tests.analysis.cases import CASES
from tests.analysis.handmade import Maker
from tests.analysis.making import Build
from tests.analysis.pictures.drawing import marks_of, svg_of, untitled

SHARES = (
    "epoll-kernel-pushes", "entry-is-current", "callback-fills-list", "epoll-own-queue",
    "epoll-own-queue-once", "et-no-repoll", "oneshot-silent", "nested-callback", "sigio-no-entry",
    "aio-poll-entry", "uring-rings-mapped",
)  # fmt: skip
POINTS = (
    "epoll-ctl-event-driven", "epoll-wait-checks-list", "epoll-only-active", "epoll-mmap",
    "ctl-copies-once", "wait-copies-nothing-in", "queue-once-at-ctl", "exclusive-one",
    "shared-instance-one", "lifo-wakeup", "uring-poll-oneshot", "uring-poll-multishot",
)  # fmt: skip
MINE = (*SHARES, *POINTS)
BARE = ("uring-poll-oneshot", "uring-poll-multishot")
"""Those whose picture has nothing to draw where no callback ran at all."""
CASES_OF_MINE = [
    pytest.param(claim, build, id=f"{claim}-{outcome}-{number}")
    for claim in MINE
    for outcome in DECIDED
    for number, build in enumerate(CASES[claim].get(outcome, []))
]


def traced(build: Build, path: Path) -> Maker:
    maker = build()
    assert isinstance(maker, Maker)
    maker.write(path)
    return maker


@pytest.mark.parametrize(("claim", "build"), CASES_OF_MINE)
def test_every_decided_case_has_rows(claim: str, build: Build, tmp_path: Path) -> None:
    traced(build, tmp_path)
    try:
        rows = PICTURES[claim].rows(read_trace(tmp_path))
    except Undecided:
        assert claim in BARE
        return
    assert 0 < len(rows) <= MOST_ROWS
    assert not rows.isna().any(axis=None)


@pytest.mark.parametrize("claim", MINE)
def test_first_case_is_drawn(claim: str, tmp_path: Path) -> None:
    build = next(iter(CASES[claim].values()))[0]
    traced(build, tmp_path)
    picture = PICTURES[claim]
    rows = picture.rows(read_trace(tmp_path))
    both = {"6.1": rows, "7.3": rows.head(1)}
    spec = vega_lite(picture, both)
    assert untitled(spec) == []
    assert {row["kernel"] for data in spec["datasets"].values() for row in data} == set(both)
    of_first, of_second = (marks_of(svg_of(picture, both, kernel)) for kernel in both)
    assert len(of_first) >= len(rows) > 1
    assert 0 < len(of_second) < len(of_first)
    colours = set(re.findall(r"var\(--[a-z0-9-]+\)|#[0-9a-f]{6}", json.dumps(spec)))
    assert {"var(--model-3)"} <= colours <= {"var(--ink)", *(f"var(--model-{n})" for n in range(7))}
