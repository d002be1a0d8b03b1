"""Fields that no counter of their own call stands behind: whose a callback or a wake is, passes."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.digest import digest
from analysis.frames import read_trace
from analysis.spools import dtype_of
from analysis.trust import doubts_of_records
from tests.analysis.test_continuity import RECORDED
from tracer.shared.records import CALL_FIELDS, STEP_FIELDS, StepKind

OWNED = (StepKind.CALLBACK, StepKind.WAKEUP)


def copied(name: str, path: Path) -> Path:
    path.mkdir(parents=True)
    for file in (RECORDED / f"{name}.trace").iterdir():
        (path / file.name).write_bytes(file.read_bytes())
    return path


def changed(trace: Path, file: str, fields: Any, chosen: Any, *, field: str, value: int) -> str:
    """Give one record of ``chosen`` another ``field``; return the doubts that come of it."""
    records = np.fromfile(trace / file, dtype_of(fields))
    places = np.flatnonzero(chosen(records))
    place = random.Random(str(trace.name)).choice(places.tolist())  # noqa: S311
    assert records[field][place] != value
    records[field][place] = value
    records.tofile(trace / file)
    return "; ".join(doubts_of_records(read_trace(trace)))


@pytest.mark.parametrize("name", ["epoll", "mux", "waiters"])
@pytest.mark.parametrize("kind", OWNED)
def test_another_owner(name: str, kind: StepKind, tmp_path: Path) -> None:
    trace = copied(name, tmp_path / "a.trace")
    found = changed(
        trace, "steps.bin", STEP_FIELDS,
        lambda steps: (steps["kind"] == kind) & (steps["owner_tid"] > 0),
        field="owner_tid", value=4099,
    )  # fmt: skip
    assert "task" in found


@pytest.mark.parametrize("number", [0, 2, 1009])
def test_other_passes(number: int, tmp_path: Path) -> None:
    trace = copied("mux", tmp_path / "a.trace")
    found = changed(
        trace, "calls.bin", CALL_FIELDS,
        lambda calls: (calls["passes"] == 1) & (calls["fd_polls"] % 2 == 1),
        field="passes", value=number,
    )  # fmt: skip
    assert f"cannot be {number} passes" in found


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
