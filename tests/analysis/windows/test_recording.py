from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from analysis.windows.recording import open_recording
from tests.analysis.handmade import Maker
from tests.analysis.windows.making import each_size, each_trace
from tracer.shared.errors import TraceError
from tracer.shared.records import StepKind


@each_trace
@each_size
def test_every_record_is_in_one_window_in_order(path: Path, size: int) -> None:
    recording = open_recording(path)
    windows = list(recording.windows(size))
    calls = np.concatenate([window.calls for window in windows])
    steps = np.concatenate([window.steps for window in windows])
    assert (calls == recording.calls.records).all()
    assert (steps == recording.steps.records).all()
    assert len(calls) == len(recording.calls.records)
    assert len(steps) == len(recording.steps.records)
    assert max(max(len(window.calls), len(window.steps)) for window in windows) <= size
    firsts = [(window.first_call, window.first_step) for window in windows]
    assert firsts == sorted(firsts)


def test_calls_are_with_the_steps_of_their_time(tmp_path: Path) -> None:
    maker = Maker(detail="steps")
    for _ in range(23):
        for _ in range(3):
            maker.step(StepKind.FD_POLL, "sock_poll", seq=maker.next_seq())
        maker.call("poll", 1, fd_polls=3)
    returned: set[int] = set()
    for window in open_recording(maker.write(tmp_path)).windows(6):
        returned |= set(window.calls["seq"].tolist())
        under_way = set(window.steps["seq"].tolist()) - returned
        assert len(under_way) <= 1


def test_an_empty_trace_has_no_window(tmp_path: Path) -> None:
    assert list(open_recording(Maker().write(tmp_path)).windows()) == []


def test_phases_are_those_of_the_whole_trace(tmp_path: Path) -> None:
    maker = Maker()
    maker.call("poll", 1)
    maker.phase("poll")
    maker.call("poll", 1)
    maker.phase("poll")
    maker.call("poll", 1)
    windows = open_recording(maker.write(tmp_path)).windows(1)
    assert [window.phases.tolist() for window in windows if len(window.calls)] == [[0], [1], [2]]


def test_what_is_no_trace_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match="found nothing"):
        open_recording(tmp_path / "x.trace")
