"""Missing records are noticed: 1 % of any kind, in any trace, in each try."""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest

from analysis.checks.trust import doubts_of_records
from analysis.frames import read_trace
from analysis.trace.spools import dtype_of
from tests.analysis.handmade import Maker
from tracer.shared.records import CALL_FIELDS, STEP_FIELDS, StepKind

RECORDED: Final = Path(__file__).parents[2] / "traces"
NAMES: Final = sorted(path.stem for path in RECORDED.glob("*.trace"))
TRIES: Final = 1
"""Tries per kind and trace."""


def kinds_of(trace: Path) -> list[tuple[str, int]]:
    """Return what can be dropped from ``trace``: each system call, each kind of step."""
    calls = np.fromfile(trace / "calls.bin", dtype_of(CALL_FIELDS))
    steps = np.fromfile(trace / "steps.bin", dtype_of(STEP_FIELDS))
    return [
        *(("syscall", int(number)) for number in np.unique(calls["syscall"])),
        *(("kind", int(number)) for number in np.unique(steps["kind"])),
    ]


def drop(source: Path, target: Path, field: str, value: int, rng: random.Random) -> None:
    """Copy the trace without 1 % of its records of one kind, at least one."""
    target.mkdir()
    name, fields = ("calls.bin", CALL_FIELDS) if field == "syscall" else ("steps.bin", STEP_FIELDS)
    for file in source.iterdir():
        (target / file.name).write_bytes(file.read_bytes())
    records = np.fromfile(source / name, dtype_of(fields))
    there = np.flatnonzero(records[field] == value).tolist()
    gone = rng.sample(there, max(1, len(there) // 100))
    np.delete(records, gone).tofile(target / name)


def counted(trace: Path) -> None:
    """Add to an old manifest what today's recorder writes: how many records there were."""
    found = json.loads((trace / "manifest.json").read_text())
    if found.get("records") is None:
        read = read_trace(trace)
        found["records"] = {"calls": len(read.calls), "steps": len(read.steps), "lives": 0}
    (trace / "manifest.json").write_text(json.dumps(found))


def unnoticed(name: str, path: Path, tries: int, count: bool) -> tuple[Counter[str], int]:
    """Drop each kind ``tries`` times; return by kind how often no doubt arose, and all tries."""
    whole = path / "whole.trace"
    whole.mkdir(parents=True)
    for file in (RECORDED / f"{name}.trace").iterdir():
        (whole / file.name).write_bytes(file.read_bytes())
    if count:
        counted(whole)
    assert doubts_of_records(read_trace(whole)) == []
    missed: Counter[str] = Counter()
    tried = 0
    for field, value in kinds_of(whole):
        for number in range(tries):
            target = path / f"{field}{value}-{number}.trace"
            rng = random.Random(f"{name} {field} {value} {number}")  # noqa: S311
            drop(whole, target, field, value, rng)
            tried += 1
            if not doubts_of_records(read_trace(target)):
                missed[StepKind(value).name if field == "kind" else f"call {value}"] += 1
    return missed, tried


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=() if name in ("calls", "epoll") else pytest.mark.slow)
        for name in NAMES
    ],
)
def test_what_is_dropped_of_a_trace_is_noticed(name: str, tmp_path: Path) -> None:
    missed, tried = unnoticed(name, tmp_path, TRIES, count=True)
    assert missed == {}
    assert tried >= TRIES * 3


def doubts(maker: Maker, path: Path, **manifest: Any) -> str:
    maker.manifest |= manifest
    return "; ".join(doubts_of_records(read_trace(maker.write(path))))


def two_calls() -> Maker:
    maker = Maker(detail="steps")
    for _ in range(3):
        maker.step(StepKind.FUNCTION, "do_poll", seq=maker.next_seq())
        maker.call("poll", 1)
    return maker


def test_whole(tmp_path: Path) -> None:
    assert doubts(two_calls(), tmp_path) == ""


def test_call_in_between(tmp_path: Path) -> None:
    maker = two_calls()
    del maker.calls[1], maker.steps[1]
    assert doubts(maker, tmp_path) == "records: task 71: call 2 is missing before call 3"


def test_first_call(tmp_path: Path) -> None:
    maker = two_calls()
    del maker.calls[0], maker.steps[0]
    assert doubts(maker, tmp_path) == "records: task 71: call 1 is missing before call 2"


def test_last_call_left_its_steps(tmp_path: Path) -> None:
    maker = two_calls()
    del maker.calls[2]
    assert doubts(maker, tmp_path) == "records: task 71: steps of call 3, which is missing"


def test_tid_that_is_used_again(tmp_path: Path) -> None:
    maker = two_calls()
    maker.call("poll", 1, seq=1)
    assert doubts(maker, tmp_path) == ""


def test_fewer_than_were_taken_from_the_ring(tmp_path: Path) -> None:
    doubt = doubts(two_calls(), tmp_path, records={"calls": 4, "steps": 3, "lives": 0})
    assert doubt == "records: 4 calls were recorded, 3 were found"


def test_fewer_tasks_and_observations_than_were_written(tmp_path: Path) -> None:
    doubt = doubts(two_calls(), tmp_path, records={"calls": 3, "steps": 3, "lives": 2},
                  fd_names={"seen": 1})  # fmt: skip
    assert doubt == (
        "records: 2 records of tasks were recorded, 0 were found; "
        "1 observations of fds were recorded, 0 were found"
    )


def test_half_a_record_of_a_finished_recording(tmp_path: Path) -> None:
    maker = two_calls()
    maker.calls.append(b"half")
    assert doubts(maker, tmp_path / "a") == (
        "records: the recording was ended, but its last record is incomplete: 4 bytes"
    )
    assert "incomplete" not in doubts(maker, tmp_path / "b", state="recording", losses=None)


def test_kinds_and_hooks_that_are_not_known(tmp_path: Path) -> None:
    maker = two_calls()
    maker.step(StepKind.FUNCTION)
    maker.steps[-1] = maker.steps[-1][:-4] + b"\x63\xfa" + maker.steps[-1][-2:]
    assert doubts(maker, tmp_path) == (
        "records: steps of unknown kind 99; steps of hook number 250, which is not in the plan"
    )
