"""Whom an event woke, waiter by waiter."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from analysis.claims.herd import picture as pictures
from analysis.claims.herd.picture import PASSED_ON, SLEPT_ON, WOKEN
from tests.analysis.claims.herd.cases import herd, own, shared
from tests.analysis.claims.herd.scenes import all_of_them, first, last
from tests.analysis.pictures.drawing import trace_of


def fates(rows: pd.DataFrame, herd: str, event: int = 1) -> list[str]:
    """Return the fates of the waiters of one event, in the order they fell asleep."""
    chosen = rows[(rows["herd"] == herd) & (rows["event"] == event)]
    return [str(fate) for fate in chosen.sort_values("place")["fate"]]


def test_herd_and_the_chosen(tmp_path: Path) -> None:
    trace = trace_of(tmp_path, own(all_of_them), own(last, "exclusive", events=2))
    rows = pictures.HERD.rows(trace)
    assert fates(rows, "instance each") == [WOKEN] * 3
    assert fates(rows, "instance each, EPOLLEXCLUSIVE") == [SLEPT_ON, SLEPT_ON, WOKEN]
    assert rows.groupby("herd").size().to_dict() == {
        "instance each": 12,
        "instance each, EPOLLEXCLUSIVE": 6,
    }


def test_poll_beside_the_herd(tmp_path: Path) -> None:
    scenes = (herd("poll-herd", all_of_them), own(last), own(last, "exclusive"))
    rows = pictures.HERD.rows(trace_of(tmp_path / "seen", *scenes))
    assert fates(rows, "poll each", event=4) == [WOKEN] * 3
    unseen = trace_of(tmp_path / "unseen", *scenes, detached={"pollwake": "EPERM"})
    assert "poll each" not in set(pictures.HERD.rows(unseen)["herd"])


def test_woken_waiter_wakes_another(tmp_path: Path) -> None:
    trace = trace_of(tmp_path, shared(last, chain=1, events=1), shared(last, "edge", events=1))
    rows = pictures.SHARED.rows(trace)
    assert fates(rows, "level-triggered") == [SLEPT_ON, PASSED_ON, WOKEN]
    assert fates(rows, "edge-triggered") == [SLEPT_ON, SLEPT_ON, WOKEN]


def test_order_of_waiters_that_stay_and_that_leave(tmp_path: Path) -> None:
    leaving = shared(last, "edge", leave=True, events=3)
    rows = pictures.ORDER.rows(trace_of(tmp_path, shared(first, "edge", events=1), leaving))
    assert fates(rows, "a woken waiter waits again") == [WOKEN, SLEPT_ON, SLEPT_ON]
    assert [fates(rows, "a woken waiter leaves", event) for event in (1, 2, 3)] == [
        [SLEPT_ON, SLEPT_ON, WOKEN], [SLEPT_ON, WOKEN], [WOKEN],
    ]  # fmt: skip
