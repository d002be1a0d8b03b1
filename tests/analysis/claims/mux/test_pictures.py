"""Counts per call of select and poll, their copies and their entries."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from analysis.checks.undecided import Undecided
from analysis.claims.mux.bytes_picture import MUX_BYTES
from analysis.claims.mux.entries_picture import MUX_ENTRIES
from analysis.claims.mux.per_call_picture import MUX_CONTINUOUS, MUX_ONE_CALL
from tests.analysis.handmade import MS
from tests.analysis.making import both, select_raw
from tests.analysis.pictures.drawing import marks_of, svg_of, trace_of


def of(rows: pd.DataFrame, model: str, *columns: str) -> list[list[object]]:
    values: list[list[object]] = (
        rows[rows["model"] == model][list(columns)].sort_values(list(columns)).to_numpy().tolist()
    )
    return values


def test_one_call_for_one_event(tmp_path: Path) -> None:
    scenes = (both(ready=1, asleep=True), both(ready=41, asleep=True, rounds=2, sleep_calls=5))
    rows = MUX_ONE_CALL.rows(trace_of(tmp_path, *scenes))
    expected = [
        ["entries queued", 41, 5],
        ["fds handed over", 41, 5],
        ["place in the set of the fd that ended the call", 1, 3],
        ["place in the set of the fd that ended the call", 41, 2],
        ["sleeps", 1, 3],
        ["sleeps", 5, 2],
    ]
    assert of(rows, "poll", "what", "value", "calls") == expected
    assert of(rows, "select", "what", "value", "calls") == expected


def test_entries_no_hook_saw_are_not_drawn(tmp_path: Path) -> None:
    gone = {"add_wait_queue": "EPERM"}
    rows = MUX_ONE_CALL.rows(trace_of(tmp_path, both(ready=1, asleep=True), detached=gone))
    assert "entries queued" not in set(rows["what"])
    assert set(rows["what"]) > {"sleeps"}


def test_passes_compared_with_a_continuous_scan(tmp_path: Path) -> None:
    trace = trace_of(tmp_path, both(timeout_ns=0), both(ready=41, asleep=True))
    rows = MUX_CONTINUOUS.rows(trace)
    # 21 ms in the call, one pass in 1,000 ns.
    assert of(rows, "poll", "what", "value", "calls", "said")[0] == [
        "passes over the set", 2, 3, 21_000.0,
    ]  # fmt: skip
    sleeps = rows[rows["what"] == "sleeps"]
    assert sleeps["value"].tolist() == [1, 1]
    assert sleeps["said"].isna().all()
    marks = marks_of(svg_of(MUX_CONTINUOUS, {"6.1": rows}, "6.1"))
    assert sum("passes, had it been scanning all the while: 21,000" in mark for mark in marks) == 2


def test_without_a_single_pass_there_is_no_continuous_scan(tmp_path: Path) -> None:
    rows = MUX_CONTINUOUS.rows(trace_of(tmp_path, both(timeout_ns=50 * MS)))
    assert rows["said"].isna().all()
    marks = marks_of(svg_of(MUX_CONTINUOUS, {"6.1": rows}, "6.1"))
    assert not [mark for mark in marks if "scanning" in mark and "legend" not in mark]


def test_bytes_compared_with_the_full_set(tmp_path: Path) -> None:
    trace = trace_of(tmp_path, both(ready=1, bytes_out=8), select_raw(copied_per_set=8))
    rows = MUX_BYTES.rows(trace)
    columns = ("n", "sets", "direction", "bytes", "full", "calls")
    copied_in, copied_out = (
        rows[rows["direction"] == direction] for direction in ("copied in", "copied out")
    )
    assert of(copied_in, "select", *columns) == [
        [85, 1, "copied in", 16, 16, 3],
        [1024, 3, "copied in", 24, 384, 3],
    ]
    assert of(copied_out, "select", "n", "sets", "bytes") == [[85, 1, 8], [1024, 3, 0]]
    assert copied_out["full"].isna().all()
    assert of(copied_in, "poll", *columns) == [[41, 1, "copied in", 328, 328, 3]]


def test_what_no_hook_saw_copied_out_is_not_drawn(tmp_path: Path) -> None:
    gone = {"__put_user_nocheck_2": "a known poll passed it by unseen"}
    rows = MUX_BYTES.rows(trace_of(tmp_path, both(ready=1, bytes_out=8), detached=gone))
    assert set(rows.loc[rows["model"] == "poll", "direction"]) == {"copied in"}
    assert set(rows.loc[rows["model"] == "select", "direction"]) == {"copied in", "copied out"}


def test_only_calls_without_a_timeout_are_drawn(tmp_path: Path) -> None:
    with pytest.raises(Undecided, match="the timeout is copied in as well"):
        MUX_BYTES.rows(trace_of(tmp_path, both(timeout_ns=0)))


def test_entries_by_position(tmp_path: Path) -> None:
    scenes = (both(ready=7), both(ready=7, asleep=True), both(timeout_ns=0))
    rows = MUX_ENTRIES.rows(trace_of(tmp_path, *scenes))
    assert of(rows, "poll", "case", "fds", "place", "entries", "calls") == [
        ["an fd was ready", 41, 7, 7, 3],
        ["none was ready, it may wait", 41, 41, 41, 3],
        ["none was ready, timeout 0", 41, 41, 0, 3],
    ]
