"""Sleeps per call."""

from __future__ import annotations

from pathlib import Path

from analysis.claims.spurious_wakeups.picture import EPOLL_SPURIOUS, MUX_SPURIOUS, WAIT_SPURIOUS
from tests.analysis.claims.spurious_wakeups import scenes as spurious_scenes
from tests.analysis.making import epoll, scene, vain
from tests.analysis.pictures.drawing import trace_of


def test_sleeps_of_calls_with_spurious_callbacks(tmp_path: Path) -> None:
    scenes = [
        scene(spurious_scenes.spurious, family, spurious=3, passes=passes)
        for family in ("select", "poll")
        for passes in (True, False)
    ]
    rows = MUX_SPURIOUS.rows(trace_of(tmp_path, *scenes)).sort_values(["model", "sleeps"])
    columns = ["model", "case", "woken", "in_vain", "sleeps", "calls"]
    assert rows[columns].to_numpy().tolist() == [
        ["poll", "3 callbacks in vain, 0 of them wake it", 0, 3, 1, 2],
        ["poll", "3 callbacks in vain, 3 of them wake it", 3, 3, 4, 2],
        ["select", "3 callbacks in vain, 0 of them wake it", 0, 3, 1, 2],
        ["select", "3 callbacks in vain, 3 of them wake it", 3, 3, 4, 2],
    ]


def test_sleeps_of_epoll_waits_with_spurious_callbacks(tmp_path: Path) -> None:
    made = scene(spurious_scenes.spurious, "epoll_wait", spurious=5, sleeps_again=False, rounds=3)
    (row,) = EPOLL_SPURIOUS.rows(trace_of(tmp_path, made)).to_dict("records")
    assert (row["model"], row["in_vain"], row["sleeps"], row["calls"]) == ("epoll", 5, 1, 3)


def test_sleeps_of_epoll_waits_that_had_to_wait(tmp_path: Path) -> None:
    rows = WAIT_SPURIOUS.rows(trace_of(tmp_path, epoll(asleep=True), vain()))
    assert dict(zip(rows["ended"], rows["calls"], strict=True)).keys() == {
        "ended by an event", "ended by the timeout",
    }  # fmt: skip
    assert set(rows["sleeps"]) == {1}
