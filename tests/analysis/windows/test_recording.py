from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from analysis.windows import recording as recording_module
from analysis.windows.recording import open_recording
from analysis.windows.window import call_keys
from tests.analysis.handmade import WAITER, Maker
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


@pytest.mark.parametrize("size", [1, 3, 1 << 15])
def test_calls_are_found_from_a_time_on(
    tmp_path: Path, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording_module, "SPREAD", 2)
    maker = Maker()
    for number in range(20):
        maker.call("read", number, tid=WAITER + number % 2)
    maker.call("poll", 20, exit_ns=0)  # never returned: written at the end
    recording = open_recording(maker.write(tmp_path / "x.trace"))
    calls = recording.calls.records
    for wanted in ([3], [20], [0, 7, 19, 20], []):
        keys, since = call_keys(calls[wanted]), calls["enter_ns"][wanted]
        found = recording.calls_made(keys, since, size).calls
        assert found["ret"].tolist() == calls["ret"][wanted].tolist()
    absent = np.array([WAITER << 32 | 99])
    assert not len(recording.calls_made(absent, np.zeros(1, np.uint64), size).calls)
