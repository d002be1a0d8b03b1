"""The timeline of one call is the same from an excerpt as from the whole trace."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.frames import read_trace
from analysis.timeline import excerpt, lasts, threads, timeline_of
from analysis.windows import kept
from analysis.windows.recording import open_recording
from tests.analysis.windows.making import TRACES
from tracer.shared.cachehome import cache_home

pytestmark = pytest.mark.slow

WITH_STEPS = [path for path in TRACES if path.stem != "calls"]
WITH_WAITS = [path for path in WITH_STEPS if path.stem != "served"]
"""In which a call can be chosen: that of a program which only opens and reads files has none."""


@pytest.mark.parametrize("path", WITH_STEPS, ids=lambda path: path.stem)
@pytest.mark.parametrize("number", range(0, 40, 6))
def test_an_excerpt_gives_the_same_timeline(
    path: Path, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = read_trace(path)
    finished = whole.calls[~whole.calls["unfinished"]]
    tid, seq = finished[["tid", "seq"]].iloc[number % len(finished)].tolist()
    expected = timeline_of(whole, call=(tid, seq))
    for name, value in (("SPREAD", 3), ("WINDOW", 7)):
        monkeypatch.setattr(excerpt, name, value)
    assert timeline_of(open_recording(path), call=(tid, seq)) == expected


@pytest.mark.usefixtures("cache")
@pytest.mark.parametrize("path", WITH_WAITS, ids=lambda path: path.stem)
@pytest.mark.parametrize("number", [3, 30])
def test_what_is_kept_of_a_long_trace_changes_nothing(
    path: Path, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = read_trace(path)
    finished = whole.calls[~whole.calls["unfinished"]]
    tid, seq = finished[["tid", "seq"]].iloc[number % len(finished)].tolist()
    expected = timeline_of(whole, call=(tid, seq)), timeline_of(whole)
    for name, value in (("SPREAD", 3), ("WINDOW", 7)):
        monkeypatch.setattr(excerpt, name, value)
    for module, name, value in (
        (kept, "LEAST", 0), (lasts, "NEAR", 0), (lasts, "BLOCK", 16), (lasts, "AT_ONCE", 5),
        (lasts, "SLOT_BITS", 2), (threads, "AT_ONCE", 4),
    ):  # fmt: skip
        monkeypatch.setattr(module, name, value)
    for _ in range(2):
        recording = open_recording(path)
        assert (timeline_of(recording, call=(tid, seq)), timeline_of(recording)) == expected
    assert len(list((cache_home() / "traces").iterdir())) == 3


@pytest.mark.parametrize("path", WITH_WAITS, ids=lambda path: path.stem)
def test_the_same_call_is_chosen(path: Path) -> None:
    expected = timeline_of(read_trace(path))
    assert timeline_of(open_recording(path)) == expected


def test_an_excerpt_is_short() -> None:
    (path,) = (path for path in WITH_STEPS if path.stem == "mux")
    recording = open_recording(path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(excerpt, "SPREAD", 3)
        trace, place = excerpt.excerpt_of(recording, 20)
    assert len(trace.steps) < len(recording.steps.records) / 3
    assert trace.calls["seq"].iloc[place] == recording.calls.records["seq"][20]
