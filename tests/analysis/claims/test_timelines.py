"""Each claim's timeline shows the calls that make its point."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.checks.undecided import Undecided
from analysis.packs import OURS
from analysis.timeline import Timeline
from analysis.verdicts.engine import Decision, supported, undecided
from analysis.verdicts.exhibits import exhibits_of
from tests.analysis.claims.async_io.scenes import uring
from tests.analysis.claims.cases import TIMELINES as OF_TOPICS
from tests.analysis.claims.epoll_modes.scenes import triggered
from tests.analysis.claims.herd.scenes import two_on_one_queue
from tests.analysis.handmade import Maker
from tests.analysis.making import Scene, scene
from tests.analysis.pictures.drawing import trace_of
from tests.analysis.timeline.scenes import epoll_asleep, poll_of_three
from tracer.shared.errors import TraceError

BY_ID = {claim.id: claim for claim in OURS}


FIRST = {BY_ID[claim].judge.__module__.split(".")[2]: claim for claim in reversed(OF_TOPICS)}
"""Of each topic one claim; the others are slow."""
POINTS = [
    pytest.param(
        *(claim, of, points), id=claim, marks=() if claim in FIRST.values() else pytest.mark.slow
    )
    for claim, (of, points) in OF_TOPICS.items()
]
TIMELINES = {claim.id: claim.timeline for claim in OURS if claim.timeline}


def timeline(path: Path, claim: str, of: Scene) -> Timeline:
    return TIMELINES[claim](trace_of(path / "x.trace", of))


@pytest.mark.parametrize(("claim", "of", "points"), POINTS)
def test_timeline_shows_the_point(tmp_path: Path, claim: str, of: Scene, points: list[str]) -> None:
    words = iter(moment.words for moment in timeline(tmp_path, claim, of).moments)
    for point in points:
        assert any(point in each for each in words), point


def test_every_timeline_has_a_scene() -> None:
    assert {each.id for each in POINTS} <= set(TIMELINES)


def test_edge_is_not_polled_again(tmp_path: Path) -> None:
    """Between the second call and its sleep nothing is polled."""
    shown = timeline(tmp_path, "et-no-repoll", scene(triggered, "edge", (0, 0), drain=False))
    words = [moment.words for moment in shown.moments]
    second = len(words) - words[::-1].index("calls epoll_wait on fd 21") - 1
    assert words[second + 1] == "gives up the CPU and sleeps"


@pytest.mark.parametrize(("shot", "left"), [("oneshot", False), ("multishot", True)])
def test_entries_whose_removal_no_hook_saw(tmp_path: Path, shot: str, left: bool) -> None:
    shown = timeline(tmp_path, f"uring-poll-{shot}", scene(uring, shot=shot, asleep=True))
    words = [span.words for span in shown.spans if span.bar == "entries"]
    assert any("not seen to be removed" in each for each in words) == left


def test_entries_of_others_without_callbacks(tmp_path: Path) -> None:
    shown = timeline(tmp_path, "exclusive-one", two_on_one_queue)
    assert shown.lanes[0].name == "waiter 73"
    assert [(span.bar, span.count) for span in shown.spans] == [
        ("asleep", 1), ("others", 1), ("entries", 1), ("own queue", 1), ("ready list", 1),
    ]  # fmt: skip


@pytest.mark.parametrize("claim", TIMELINES)
def test_nothing_to_show_is_reported(tmp_path: Path, claim: str) -> None:
    def nobody(maker: Maker) -> None:
        maker.phase("blocking")

    with pytest.raises((Undecided, TraceError)):
        timeline(tmp_path, claim, nobody)
    with pytest.raises((Undecided, TraceError)):
        TIMELINES[claim](trace_of(tmp_path / "calls.trace", poll_of_three, detail="calls"))


def test_exhibits_of_decided_claims_have_timelines(tmp_path: Path) -> None:
    claim = BY_ID["epoll-own-queue"]
    trace = trace_of(tmp_path / "x.trace", epoll_asleep)
    bare = trace_of(tmp_path / "calls.trace", poll_of_three, detail="calls")
    found = [
        exhibits_of([Decision(claim, verdict)], {claim.experiment.id: [each]})[claim.id].timeline
        for verdict, each in (
            (supported("1", []), trace),
            (supported("1", []), bare),
            (undecided("no"), trace),
            (undecided("no"), "no boot"),
        )
    ]
    assert found[0] is not None
    assert found[0].model == "epoll_wait"
    assert found[1:] == [None] * 3
