"""A thread's call is found by binary search, in the stretch that is said to contain it."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.timeline import threads
from analysis.windows.recording import open_recording
from tests.analysis.handmade import Maker
from tests.analysis.windows.making import TRACES


@pytest.mark.parametrize("path", TRACES, ids=lambda path: path.stem)
@pytest.mark.parametrize("look", [1, 3])
def test_each_call_is_in_its_stretch(
    path: Path, look: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threads, "AT_ONCE", look)
    recording = open_recording(path)
    calls = recording.calls.records
    for place, call in enumerate(calls[calls["exit_ns"] > 0]):
        first, end = threads.stretch_of(recording, int(call["tid"]), int(call["seq"]))
        assert first <= place < end


def test_a_long_trace_is_read_in_few_places(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    maker = Maker()
    for _ in range(600):
        maker.call("read", 1)
        maker.call("read", 1, tid=99)
    recording = open_recording(maker.write(tmp_path / "x.trace"))
    monkeypatch.setattr(threads, "AT_ONCE", 4)
    for seq in (1, 77, 600):
        first, end = threads.stretch_of(recording, 99, seq)
        assert first <= 2 * seq - 1 < end
        assert end - first <= 4 * threads.AT_ONCE


def test_a_call_and_a_thread_that_are_not_there(tmp_path: Path) -> None:
    maker = Maker()
    maker.call("read", 1)
    recording = open_recording(maker.write(tmp_path / "x.trace"))
    for tid, seq in ((71, 9), (5, 1)):
        first, end = threads.stretch_of(recording, tid, seq)
        assert first <= end
