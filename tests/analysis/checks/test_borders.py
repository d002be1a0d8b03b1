"""A trace that is still being written, or whose beginning was discarded: what may be missing."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from analysis.checks.digest import digest, digest_of
from analysis.checks.trust import common_doubts
from analysis.findings.examine import examine
from analysis.report.as_json import to_json
from analysis.report.text import report
from analysis.timeline import timeline_of
from analysis.trace import manifest as module
from analysis.windows.recording import Recording, open_recording
from tests.analysis.handmade import NONE_LOST, START_NS, WAITER, WAKER, Maker
from tracer.shared.errors import TraceError
from tracer.shared.process import identity
from tracer.shared.records import CALL_CELL, STEP_CELL, StepKind

CALLS, MADE = 5, 8
"""Calls as last counted, and those that the file has by now."""


def written(path: Path, **manifest: Any) -> Path:
    """Write a recording that is still running: it has more than the manifest knows of."""
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
    assert "still being recorded, 11 records so far; numbers cover what was drained" in text
    assert "losses:    none in the first 2.0 s\n" in text
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
    assert "losses:    not counted yet\n" in report(live, 120)


def test_killed_is_not_still_being_recorded(tmp_path: Path) -> None:
    gone = {**(identity(os.getpid()) or {}), "start_ticks": 1}
    trace = open_recording(written(tmp_path, recorder=gone))
    assert len(trace.calls.records) == MADE, "all that was drained"
    assert trace.truncated_bytes == (CALL_CELL.size + STEP_CELL.size) // 2
    assert common_doubts(trace) == ["the recorder was killed: losses are unknown"]


def test_ended_while_it_was_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The manifest was read during the recording, which has ended since."""
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


FIRST = 4
"""The call in which the kept records begin."""


def let_go(path: Path, late_joins: bool = False, detail: str = "steps", **manifest: Any) -> Path:
    """Write a recording whose oldest records are a hole: it begins in the middle of a call.

    An entry queued before the cut is removed after it; a second task joined before (with
    ``late_joins`` after), and its first call is gone.
    """
    maker = Maker(detail)
    maker.task(WAITER, "waiter")
    if not late_joins:
        maker.task(WAKER, "waker")
    cut: dict[str, int] = {}
    for number in range(1, MADE + 1):
        seq = maker.next_seq()
        began_ns = maker.now_ns
        if detail == "steps":
            fields = {"seq": seq, "fd": 3, "entry": 0x1000}
            maker.step(StepKind.INSERTION, "add_wait_queue", **fields)
            if number == FIRST:
                cut = {
                    "calls": len(maker.calls),
                    "steps": len(maker.steps),
                    "until_ns": maker.now_ns,
                }
            maker.step(StepKind.REMOVAL, "remove_wait_queue", **fields)
        elif number == FIRST:
            maker.now_ns += 10
            cut = {"calls": len(maker.calls), "steps": 0, "until_ns": maker.now_ns}
        if number == FIRST and late_joins:
            maker.task(WAKER, "waker")
        maker.call("poll", 1, enter_ns=began_ns, insertions=1, removals=1)
        if number != FIRST:  # of its two earlier calls, the first is gone
            maker.call("read", 1, tid=WAKER, fd=3)
    maker.manifest |= {"schema": 2, "let_go": cut, "live_entries": 7} | manifest
    if maker.manifest["state"] == "complete":
        maker.manifest["records"] = {
            "calls": len(maker.calls), "steps": len(maker.steps), "lives": len(maker.tasks),
        }  # fmt: skip
    trace = maker.write(path / "x.trace")
    for name, size in (("calls", CALL_CELL.size), ("steps", STEP_CELL.size)):
        file = trace / f"{name}.bin"
        gone = cut[name] * size
        file.write_bytes(bytes(gone) + file.read_bytes()[gone:])
    return trace


@pytest.mark.parametrize("detail", ["steps", "calls"])
@pytest.mark.parametrize("size", [1, 7, 1 << 17])
def test_what_was_discarded_is_no_problem(tmp_path: Path, detail: str, size: int) -> None:
    trace = open_recording(let_go(tmp_path, detail=detail))
    found = digest(trace, size)
    assert not found.gaps
    assert not found.disagreeing
    assert not found.ledger.problems
    assert found.totals.calls == len(trace.calls.records) == 2 * (MADE - FIRST) + 1


def test_says_what_was_discarded_and_decides_nothing(tmp_path: Path) -> None:
    trace = open_recording(let_go(tmp_path))
    assert "its oldest records were discarded: its beginning is missing" in common_doubts(trace)
    text = report(trace, 120)
    assert "discarded: the oldest 6 calls and 7 steps, from the first 0.0 s; numbers cover" in text
    found = to_json(trace)["let_go"]
    assert (found["calls"], found["steps"]) == (6, 7)
    assert timeline_of(trace, None, (WAITER, MADE)).moments


def test_a_task_that_joined_later_has_its_first_call(tmp_path: Path) -> None:
    trace = open_recording(let_go(tmp_path, late_joins=True))
    assert list(digest_of(trace).gaps) == [f"task {WAKER}: call 1 is missing before call 4"]


def test_a_call_that_began_later_has_all_its_steps(tmp_path: Path) -> None:
    path = let_go(tmp_path)
    steps = (path / "steps.bin").read_bytes()
    (path / "steps.bin").write_bytes(steps[: -STEP_CELL.size])
    manifest = json.loads((path / "manifest.json").read_text())
    manifest["records"]["steps"] -= 1
    (path / "manifest.json").write_text(json.dumps(manifest))
    found = digest_of(open_recording(path))
    assert len(found.disagreeing) == 1
    assert "removals 1, its steps say 0" in next(iter(found.disagreeing))


def test_discarded_while_it_was_read(tmp_path: Path) -> None:
    path = let_go(
        tmp_path, state="recording", losses=None, exit_status=None,
        recorder=identity(os.getpid()),
        so_far={"at_ns": START_NS, "losses": NONE_LOST, "misses": {},
                "records": {"calls": 11, "steps": 12, "lives": 2}},
    )  # fmt: skip
    trace = open_recording(path)
    assert len(trace.calls.records) == 5
    assert not digest(trace, 7).gaps
    manifest = json.loads((path / "manifest.json").read_text())
    manifest["let_go"]["calls"] += 1
    (path / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(TraceError, match="were discarded while it was being read; read it again"):
        digest(trace, 7)


@pytest.mark.parametrize("cut", [{"calls": 1 << 62}, {"steps": 1 << 62}])
def test_more_discarded_than_there_was(tmp_path: Path, cut: dict[str, int]) -> None:
    path = let_go(tmp_path)
    manifest = json.loads((path / "manifest.json").read_text())
    manifest["let_go"] |= cut
    (path / "manifest.json").write_text(json.dumps(manifest))
    assert "were recorded" in " ".join(digest_of(open_recording(path)).gaps)


def test_all_records_of_a_kind_were_discarded(tmp_path: Path) -> None:
    maker = Maker()
    maker.step(StepKind.SWITCH_OUT, "sched_switch", value=0)
    steps, until_ns = len(maker.steps), maker.now_ns
    maker.call("read", 1, fd=3)
    maker.manifest |= {
        "schema": 2,
        "let_go": {"calls": 0, "steps": steps, "until_ns": until_ns},
        "records": {"calls": 1, "steps": steps, "lives": 0},
    }
    trace = maker.write(tmp_path / "x.trace")
    (trace / "steps.bin").write_bytes(bytes(steps * STEP_CELL.size))
    assert not digest_of(open_recording(trace)).gaps
