"""Lives of tasks from their records: names, tids that change hands, ends."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.export.part import whole
from analysis.export.tracks import tracks_of
from analysis.frames import Trace, read_trace
from analysis.report.as_json import to_json
from analysis.report.text import report
from analysis.tasks import names, processes, programs, tasks_frame
from analysis.timeline.timeline import timeline_of
from analysis.trace.spools import dtype_of
from tests.analysis.handmade import WAITER, WAKER, Maker
from tracer.shared.errors import TraceError
from tracer.shared.records import TASK_FIELDS, Life

START = 1_000


def life(kind: Life, tid: int, comm: str = "", **fields: int) -> dict[str, Any]:
    """Return one record; not given: pid is tid."""
    return {"kind": kind, "tid": tid, "pid": tid, "comm": comm.encode(), **fields}


def frame(*records: dict[str, Any]) -> pd.DataFrame:
    rows = np.zeros(len(records), dtype_of(TASK_FIELDS))
    for number, record in enumerate(records):
        rows[number]["ts_ns"] = START + number
        for name, value in record.items():
            rows[number][name] = value
    return tasks_frame(rows)


def test_a_life_from_fork_to_end():
    tasks = frame(
        life(Life.JOINED, 7, "tracer", own_tid=7, own_ns=99, cgroup=5),
        life(Life.RENAMED, 7, "sh"),
        life(Life.EXECED, 7, "sh", parent_tid=7),
        life(Life.FORKED, 8, "sh", parent_tid=7, own_tid=2),
        life(Life.ENDED, 8),
    )
    first, second = tasks.astype(object).where(tasks.notna(), None).to_dict("records")
    assert first == {
        "tid": 7, "pid": 7, "comm": "sh", "parent_tid": None, "own_tid": 7, "own_ns": 99,
        "cgroup": 5, "start_ns": START, "end_ns": None, "lost": False,
    }  # fmt: skip
    assert (second["comm"], second["parent_tid"], second["own_tid"]) == ("sh", 7, 2)
    assert (second["start_ns"], second["end_ns"]) == (START + 3, START + 4)


def test_a_thread_that_execs_takes_its_leaders_tid():
    tasks = frame(
        life(Life.JOINED, 7, "python3"),
        life(Life.FORKED, 8, "python3", pid=7, parent_tid=7),
        life(Life.ENDED, 7),
        life(Life.EXECED, 7, "cat", parent_tid=8),
    )
    assert tasks[["tid", "comm", "start_ns"]].to_numpy().tolist() == [
        [7, "python3", START],
        [7, "cat", START + 1],
    ]
    assert names(tasks) == {7: "cat"}


def test_a_tid_that_is_used_again_is_two_tasks():
    tasks = frame(
        life(Life.FORKED, 8, "a"), life(Life.ENDED, 8), life(Life.FORKED, 8, "b"),
    )  # fmt: skip
    assert tasks["comm"].tolist() == ["a", "b"]
    assert tasks["end_ns"].isna().tolist() == [False, True]


def test_a_lost_task_is_named_and_no_process():
    tasks = frame(life(Life.JOINED, 7, "sh"), life(Life.LOST, 9, "late"))
    assert tasks.loc[tasks["lost"], "comm"].tolist() == ["late"]
    calls = {7: 3}
    assert processes(tasks, calls)[["pid", "comm", "threads", "calls"]].to_numpy().tolist() == [
        [7, "sh", 1, 3]
    ]


def test_a_program_is_named_after_its_leader_or_its_first_thread():
    tasks = frame(
        life(Life.JOINED, 8, "worker", pid=7),
        life(Life.FORKED, 7, "sh"),
        life(Life.ENDED, 7),
        life(Life.FORKED, 7, "server"),
        life(Life.JOINED, 10, "first", pid=9),
        life(Life.JOINED, 11, "second", pid=9),
        life(Life.LOST, 12, "late"),
    )
    assert programs(tasks) == {7: "server", 9: "first"}
    found = processes(tasks, {})
    assert dict(zip(found["pid"], found["comm"], strict=True)) == programs(tasks)


def test_no_records_no_tasks():
    tasks = frame()
    assert tasks.empty
    assert processes(tasks, {7: 1}).empty


def test_a_name_that_is_not_text():
    tasks = frame({**life(Life.JOINED, 7), "comm": b"\xff\x1b[2J"})
    assert tasks["comm"].tolist() == ["\ufffd\x1b[2J"]


def a_programs_trace(tmp_path: Path) -> Trace:
    """Return a trace of a program, one task of which wrote what another waited for."""
    maker = Maker(detail="steps")
    maker.task(WAITER, "python3")
    maker.task(WAKER, "python3")
    maker.task(WAITER, "redis-server", Life.RENAMED)
    maker.call("write", 1, tid=WAKER, fd=5)
    maker.call("epoll_wait", 1, fd=4)
    return read_trace(maker.write(tmp_path / "x.trace"))


def test_names_are_shown_in_timelines_and_reports(tmp_path):
    trace = a_programs_trace(tmp_path)
    tracks = {
        (track.tid, track.name) for track in tracks_of(whole(trace.recording)).all if track.tid
    }
    assert {(WAITER, "redis-server"), (WAKER, "python3")} <= tracks
    assert [lane.name for lane in timeline_of(trace).lanes] == [f"waiter {WAITER} redis-server"]
    text = report(trace, width=100)
    assert "2 processes, most calls first" in text
    assert "redis-server" in text
    assert {row["comm"] for row in to_json(trace)["processes"]} == {"redis-server", "python3"}


def test_a_damaged_record_is_refused(tmp_path):
    maker = Maker()
    maker.task(0, "no-such-tid")
    with pytest.raises(TraceError, match=r"tasks\.bin: record 0: tid is 0; needed 1 to "):
        read_trace(maker.write(tmp_path / "x.trace"))
