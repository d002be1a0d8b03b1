"""Entries queued by polls of io_uring: with each oneshot, or once for many shots."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from analysis.checks.undecided import Undecided
from analysis.claims.async_io.uring_picture import URING_MULTISHOT, URING_ONESHOT
from tests.analysis.claims.async_io.cases import multishot, oneshot, refused
from tests.analysis.pictures.drawing import trace_of


def entries(rows: pd.DataFrame, kind: str, column: str = "entries") -> list[int]:
    return rows.loc[rows["kind"] == kind, column].tolist()


def test_shots_of_uring(tmp_path: Path) -> None:
    rows = URING_ONESHOT.rows(trace_of(tmp_path, oneshot(), multishot()))
    assert entries(rows, "oneshot polls") == [3, 4, 5, 6]
    assert entries(rows, "multishot polls") == [3, 3, 3, 3]
    assert entries(rows, "oneshot polls", "callbacks") == [1, 2, 3, 4]


def test_a_shot_that_was_refused_is_left_out(tmp_path: Path) -> None:
    no_multishot = refused("POLL_ADD, multishot", "EINVAL", shot="multishot")
    trace = trace_of(tmp_path, oneshot(), no_multishot)
    assert set(URING_ONESHOT.rows(trace)["kind"]) == {"oneshot polls"}
    with pytest.raises(Undecided, match="refused POLL_ADD"):
        URING_MULTISHOT.rows(trace)
