"""Owners of steps, which no counter of their own call confirms."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.checks.digest import digest
from analysis.checks.owners import OWN
from analysis.checks.trust import doubts_of_records
from analysis.frames import read_trace
from analysis.trace.spools import dtype_of
from tests.analysis.checks.test_continuity import RECORDED
from tracer.shared.records import STEP_FIELDS, StepKind

OWNED = (StepKind.CALLBACK, StepKind.WAKEUP, StepKind.REMOVAL, *OWN)
THERE = [
    (name, kind)
    for name in ("epoll", "mux", "waiters")
    for kind in OWNED
    if (name, kind) != ("waiters", StepKind.COPY_OUT)
]


def copied(name: str, path: Path) -> Path:
    path.mkdir(parents=True)
    for file in (RECORDED / f"{name}.trace").iterdir():
        (path / file.name).write_bytes(file.read_bytes())
    return path


def changed(trace: Path, file: str, fields: Any, chosen: Any, *, field: str, value: int) -> str:
    """Give one record of ``chosen`` another ``field``; return the resulting doubts."""
    records = np.fromfile(trace / file, dtype_of(fields))
    places = np.flatnonzero(chosen(records))
    place = random.Random(str(trace.name)).choice(places.tolist())  # noqa: S311
    assert records[field][place] != value
    records[field][place] = value
    records.tofile(trace / file)
    return "; ".join(doubts_of_records(read_trace(trace)))


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        pytest.param(name, kind, marks=() if name == "epoll" else pytest.mark.slow)
        for name, kind in THERE
    ],
)
def test_another_owner(name: str, kind: StepKind, tmp_path: Path) -> None:
    trace = copied(name, tmp_path / "a.trace")
    found = changed(
        trace, "steps.bin", STEP_FIELDS,
        lambda steps: (steps["kind"] == kind) & (steps["owner_tid"] > 0),
        field="owner_tid", value=4099,
    )  # fmt: skip
    assert "task" in found


@pytest.mark.parametrize("size", [7, 100])
def test_the_same_in_any_windows(size: int, tmp_path: Path) -> None:
    trace = copied("waiters", tmp_path / "a.trace")
    changed(
        trace, "steps.bin", STEP_FIELDS,
        lambda steps: (steps["kind"] == StepKind.CALLBACK) & (steps["owner_tid"] > 0),
        field="owner_tid", value=4099,
    )  # fmt: skip
    recording = read_trace(trace).recording
    whole = digest(recording, 1 << 18).disagreeing
    assert len(whole) > 0
    assert digest(recording, size).disagreeing == whole


@pytest.mark.parametrize("size", [pytest.param(1, marks=pytest.mark.slow), 7, 1 << 18])
@pytest.mark.parametrize("kind", [StepKind.INSERTION, StepKind.REMOVAL])
def test_each_entry_has_one_owner(kind: StepKind, size: int, tmp_path: Path) -> None:
    trace = copied("epoll", tmp_path / "a.trace")
    steps = np.fromfile(trace / "steps.bin", dtype_of(STEP_FIELDS))
    steps["owner_tid"][steps["kind"] == kind] = 4099
    steps.tofile(trace / "steps.bin")
    found = digest(read_trace(trace).recording, size).disagreeing
    assert len(found) >= np.count_nonzero(steps["kind"] == kind)
    assert any("4099" in sentence for sentence in found)
