"""A trace that is still written to: steps behind its last call are no sign of missing records."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from analysis import manifest as module
from analysis.digest import digest_of
from analysis.findings.examine import examine
from analysis.report import report, to_json
from analysis.timeline import timeline_of
from analysis.trust import common_doubts
from analysis.windows.recording import Recording, open_recording
from tests.analysis.handmade import NONE_LOST, START_NS, WAITER, Maker
from tracer.shared.process import identity
from tracer.shared.records import CALL_CELL, STEP_CELL, StepKind

CALLS, MADE = 5, 8
"""Calls that were counted last, and that the file has by now."""


def written(path: Path, **manifest: Any) -> Path:
    """Write what is there of a recording that goes on: more than the manifest knows of."""
    maker = Maker("steps")
    counted = 0
    for number in range(MADE):
        maker.step(StepKind.SWITCH_OUT, "sched_switch", seq=maker.next_seq(), value=0)
        if number == CALLS:
            counted = len(maker.steps)
        maker.call("epoll_wait", 1, sleeps=1, fd=3)
    maker.step(StepKind.SWITCH_OUT, "sched_switch", seq=maker.next_seq(), value=0)
    so_far = {
        "at_ns": START_NS + 2_000_000_000,
        "losses": dict(NONE_LOST),
        "misses": {},
        "records": {"calls": CALLS, "steps": counted, "lives": 0},
    }
    maker.manifest |= {"state": "recording", "losses": None, "recorder": identity(os.getpid())}
    maker.manifest |= {"so_far": so_far, "live_entries": None, "exit_status": None} | manifest
    trace = maker.write(path / "x.trace")
    with (trace / "calls.bin").open("ab") as calls, (trace / "steps.bin").open("ab") as steps:
        calls.write(bytes(CALL_CELL.size // 2))
        steps.write(bytes(STEP_CELL.size // 2))
    return trace


@pytest.fixture
def live(tmp_path: Path) -> Recording:
    return open_recording(written(tmp_path))


def test_reads_what_was_counted_last(live: Recording) -> None:
    assert (len(live.calls.records), len(live.steps.records)) == (CALLS, CALLS + 1)
    assert live.truncated_bytes == 0
    assert not digest_of(live).gaps, "a step of the call that is under way"


def test_says_so_and_decides_nothing(live: Recording) -> None:
    assert common_doubts(live) == ["it is still being recorded: its end is missing"]
    text = report(live, 120)
    assert "still being recorded, 11 records so far; numbers are of what was drained" in text
    assert "losses:   none in the first 2.0 s\n" in text
    assert to_json(live)["live"] is True


def test_findings_are_judged_unless_something_was_lost(tmp_path: Path) -> None:
    assert examine(open_recording(written(tmp_path / "a"))).judged
    so_far = {"at_ns": START_NS, "losses": NONE_LOST | {"calls": 3}, "misses": {}, "records": {}}
    lost = examine(open_recording(written(tmp_path / "b", so_far=so_far)))
    assert not lost.judged
    assert "3 calls" in lost.unjudged[0].because


def test_explained(live: Recording) -> None:
    assert timeline_of(live, None, (WAITER, CALLS)).moments


def test_nothing_was_counted_yet(tmp_path: Path) -> None:
    live = open_recording(written(tmp_path, so_far=None))
    assert live.records == 0
    assert "losses:   not counted yet\n" in report(live, 120)


def test_killed_is_not_still_being_recorded(tmp_path: Path) -> None:
    gone = {**(identity(os.getpid()) or {}), "start_ticks": 1}
    trace = open_recording(written(tmp_path, recorder=gone))
    assert len(trace.calls.records) == MADE, "all that was drained"
    assert trace.truncated_bytes == (CALL_CELL.size + STEP_CELL.size) // 2
    assert common_doubts(trace) == ["the recorder was killed: what was lost is not known"]


def test_ended_while_it_was_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The manifest was read as that of one that goes on; the recorder has ended since."""
    trace = written(tmp_path)
    before = (trace / "manifest.json").read_text()
    (trace / "manifest.json").write_text(
        before.replace('"state": "recording"', '"state": "complete"')
    )
    reads = iter([before.replace(str(os.getpid()), "4194303")])
    real = module.read_object

    def read(path: Path, most: int) -> Any:
        text = next(reads, None)
        return real(path, most) if text is None else json.loads(text)

    monkeypatch.setattr(module, "read_object", read)
    assert open_recording(trace).manifest.state == "complete"
