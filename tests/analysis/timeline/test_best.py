"""The best calls are the same whatever windows they come in, and counted to the last."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from analysis.timeline import choice
from analysis.timeline.choice import MOST, Wanted, candidates
from analysis.windows.recording import Recording, open_recording
from tests.analysis.handmade import Maker

TIDS = range(100, 100 + 2 * MOST)


@pytest.fixture
def recording(tmp_path: Path) -> Recording:
    """Twice as many threads as are offered; the last ones make the best waits."""
    maker = Maker()
    for turn in range(3):
        for tid in TIDS:
            slept = tid >= TIDS[-5] or turn == 2
            maker.call("poll", turn % 2, tid=tid, sleeps=int(slept), wakeups=int(slept),
                       wall_ns=1000 + 7 * tid, off_cpu_ns=0)  # fmt: skip
    return open_recording(maker.write(tmp_path / "x.trace"))


@pytest.mark.parametrize("size", [1, 3, 50, 1000])
@pytest.mark.parametrize("empty", [False, True])
def test_first(
    recording: Recording, size: int, empty: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choice, "WINDOW", size)
    found = candidates(recording, Wanted(empty=empty))
    calls = [
        (-int(call["sleeps"]), place, (int(call["tid"]), int(call["ret"]), int(call["sleeps"])))
        for place, call in enumerate(recording.calls.records)
        if call["ret"] == 0 or not empty
    ]
    alike = Counter(like for _, _, like in calls)
    first: dict[tuple[int, int, int], int] = {}
    for _, place, like in sorted(calls):
        first.setdefault(like, place)
    expected = [(place, alike[like]) for like, place in first.items()][:MOST]
    assert [*zip(found["place"].tolist(), found["alike"].tolist(), strict=True)] == expected


@pytest.mark.parametrize("size", [1, 3, 50, 1000])
def test_slowest(recording: Recording, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "WINDOW", size)
    found = candidates(recording, Wanted(slowest=True))
    assert found["tid"].tolist() == [tid for tid in reversed(TIDS) for _ in range(3)][:MOST]
    assert found["place"].is_unique
