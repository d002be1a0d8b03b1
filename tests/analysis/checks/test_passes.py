"""The passes of a call, checked against the polls that they consist of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.checks.digest import digest
from analysis.frames import read_trace
from analysis.trace.spools import dtype_of
from tests.analysis.checks.test_owners import changed, copied
from tracer.shared.records import CALL_FIELDS


def calls_of(trace: Path) -> Any:
    return np.fromfile(trace / "calls.bin", dtype_of(CALL_FIELDS))


@pytest.mark.parametrize("number", [0, 2, 1009])
def test_passes_must_divide_the_polls(number: int, tmp_path: Path) -> None:
    trace = copied("mux", tmp_path / "a.trace")
    found = changed(
        trace, "calls.bin", CALL_FIELDS,
        lambda calls: (calls["passes"] == 1) & (calls["fd_polls"] % 2 == 1),
        field="passes", value=number,
    )  # fmt: skip
    assert f"cannot be {number} passes" in found


def test_more_fds_in_a_pass_than_the_call_named(tmp_path: Path) -> None:
    trace = copied("mux", tmp_path / "a.trace")
    found = changed(
        trace, "calls.bin", CALL_FIELDS, lambda calls: calls["passes"] == 2, field="passes", value=1
    )
    assert "cannot be 1 passes" in found


@pytest.mark.parametrize("size", [pytest.param(1, marks=pytest.mark.slow), 5, 1 << 18])
def test_as_many_passes_as_polls(size: int, tmp_path: Path) -> None:
    trace = copied("mux", tmp_path / "a.trace")
    calls = calls_of(trace)
    rows = np.flatnonzero((calls["passes"] > 0) & (calls["fd_polls"] > calls["passes"]))
    assert len(rows) > 0
    calls["passes"][rows] = calls["fd_polls"][rows]
    calls.tofile(trace / "calls.bin")
    found = digest(read_trace(trace).recording, size).disagreeing
    assert len(found) == len(rows)
    assert all("its first file was polled" in sentence for sentence in found)
