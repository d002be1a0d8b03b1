"""Calls and steps on their way into files: which values are known, and which are null."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa

from analysis.export.arrow import calls_table, steps_table
from analysis.export.columns import CALLS, STEPS
from analysis.export.part import Part, whole
from analysis.export.records import exported_calls, exported_steps
from analysis.frames import read_trace
from analysis.windows.recording import open_recording
from tests.analysis.export.scene import ADDRESS, woken_poll
from tests.analysis.handmade import EPOLL_CTL_ADD, Maker
from tests.analysis.windows.making import each_trace
from tracer.shared.records import TIMEOUT_INFINITE, TIMEOUT_NONE, TIMEOUT_UNREAD, StepKind

Rows = list[dict[str, Any]]

NO_VALUE = [0, -1, TIMEOUT_NONE, TIMEOUT_UNREAD, "?"]
"""What the frames have where a table has null, if not NA."""


def calls(maker: Maker, path: Path) -> Rows:
    return rows_of(calls_table, maker.write(path / "x.trace"))


def steps(maker: Maker, path: Path) -> Rows:
    return rows_of(steps_table, maker.write(path / "x.trace"))


def rows_of(table: Callable[[Part], pa.Table], path: Path) -> Rows:
    """Return rows of Python values, None for null."""
    rows: Rows = table(whole(open_recording(path))).to_pylist()
    return rows


def test_columns_are_those_of_the_frames_and_more_names(tmp_path: Path) -> None:
    maker = Maker(detail="steps")
    woken_poll(maker)
    trace = read_trace(maker.write(tmp_path / "x.trace"))
    names = ["phase_name", "fd_name"]
    assert [each.name for each in CALLS] == [*trace.calls.columns, *names, "target_name"]
    assert [each.name for each in STEPS] == [*trace.steps.columns, "kind_name", *names]
    assert list(exported_calls(whole(trace.recording))) == [each.name for each in CALLS]
    assert list(exported_steps(whole(trace.recording))) == [each.name for each in STEPS]


def test_times_and_addresses_have_units() -> None:
    units = {each.name: each.unit for each in (*CALLS, *STEPS)}
    assert {unit for name, unit in units.items() if name.endswith("_ns")} == {"ns"}
    assert {unit for name, unit in units.items() if name.startswith("bytes")} == {"bytes"}
    assert units["entry"] == units["object"] == "address"


def test_unfinished_call(tmp_path: Path) -> None:
    maker = Maker()
    maker.call("poll", 0, exit_ns=0, fd_polls=41)
    (call,) = calls(maker, tmp_path)
    assert call["unfinished"] is True
    assert [call[name] for name in ("exit_ns", "ret", "wall_ns", "kernel_ns")] == [None] * 4
    assert call["fd_polls"] == 41


def test_missing_hook_is_null_and_zero_is_zero(tmp_path: Path) -> None:
    maker = Maker(detached={"add_wait_queue": "EPERM"})
    maker.call("poll", 1, insertions=0)
    (call,) = calls(maker, tmp_path)
    assert (call["insertions"], call["fd_polls"]) == (None, 0)


def test_codes_of_absence_are_null(tmp_path: Path) -> None:
    maker = Maker()
    maker.call("poll", 1, nr=41, timeout_ns=TIMEOUT_INFINITE)
    maker.call("ppoll", 1, nr=41, timeout_ns=TIMEOUT_UNREAD)
    maker.call("epoll_ctl", 0, fd=3, target=0, op=EPOLL_CTL_ADD)
    maker.call("read", 0, fd=0, nr=0)
    found = calls(maker, tmp_path)
    assert [call["timeout_ns"] for call in found] == [-1, None, None, None]
    assert [call["fd"] for call in found] == [None, None, 3, 0]
    assert [call["target"] for call in found] == [None, None, 0, None]
    assert [call["nr"] for call in found] == [41, 41, None, 0]
    assert [call["op"] for call in found] == [None, None, EPOLL_CTL_ADD, None]
    assert TIMEOUT_NONE == -2


def test_phases_by_number_and_name(tmp_path: Path) -> None:
    maker = Maker()
    maker.call("read", 1)
    maker.phase("poll", name="mine")
    maker.call("poll", 1)
    assert [(call["phase"], call["phase_name"]) for call in calls(maker, tmp_path)] == [
        (0, None), (1, "mine"),
    ]  # fmt: skip
    (tmp_path / "x.trace" / "truth.json").unlink()
    (_, call) = rows_of(calls_table, tmp_path / "x.trace")
    assert (call["phase"], call["phase_name"]) == (1, None)


def test_steps(tmp_path: Path) -> None:
    maker = Maker(detail="steps")
    woken_poll(maker)
    found = steps(maker, tmp_path)
    mark, queued, fd_poll = found[:3]
    woke = next(step for step in found if step["kind_name"] == "wakeup")
    assert (queued["entry"], queued["object"], queued["fd"]) == (ADDRESS, ADDRESS - 8, 4)
    assert (queued["kind_name"], queued["hook_name"], queued["value"]) == (
        "insertion", "add_wait_queue", 0,
    )  # fmt: skip
    assert (fd_poll["entry"], fd_poll["value"]) == (None, 4)
    assert [mark[name] for name in ("entry", "object", "owner_pid", "owner_tid", "fd")] == [
        None
    ] * 5
    assert (mark["kind_name"], mark["value"]) == ("phase", 1)
    assert (woke["value"], woke["owner_tid"], woke["phase_name"]) == (None, 71, "poll-1")


def test_mask_that_a_kprobe_did_not_see(tmp_path: Path) -> None:
    maker = Maker(detail="steps")
    maker.step(StepKind.FD_POLL, "sock_poll", value=-1)
    maker.step(StepKind.USER, "sock_poll", value=-1)
    assert [step["value"] for step in steps(maker, tmp_path)] == [None, -1]


def test_step_that_no_hook_saw_and_kind_of_a_later_version(tmp_path: Path) -> None:
    maker = Maker(detail="steps")
    maker.step(StepKind.REMOVAL, value=2)
    maker.steps[-1] = maker.steps[-1][:-3] + b"\0" + maker.steps[-1][-2:]
    maker.step(StepKind.REMOVAL)
    maker.steps[-1] = maker.steps[-1][:-4] + b"\x63" + maker.steps[-1][-3:]
    unseen, later = steps(maker, tmp_path)
    assert (unseen["hook"], unseen["hook_name"], unseen["value"]) == (None, None, 2)
    assert (later["kind"], later["kind_name"]) == (99, None)


def test_what_was_behind_an_fd_is_named(tmp_path: Path) -> None:
    maker = Maker(detail="steps")
    maker.observe(4, "epoll", watches=[5])
    maker.observe(5, "unix", local="=run", state="LISTEN")
    maker.call("epoll_ctl", 0, fd=4, target=5, op=1)
    maker.call("read", 1, fd=6)
    maker.step(StepKind.CALLBACK, "ep_poll_callback", pid=9, tid=9, fd=5, owner_pid=71,
               owner_tid=71)  # fmt: skip
    found = calls(maker, tmp_path)
    assert [(call["fd_name"], call["target_name"]) for call in found] == [
        ("epoll, watches fd 5", "unix =run (LISTEN)"), (None, None),
    ]  # fmt: skip
    (step,) = rows_of(steps_table, tmp_path / "x.trace")
    assert step["fd_name"] == "unix =run (LISTEN)"


@each_trace
def test_values_are_those_of_the_frames(path: Path) -> None:
    trace = read_trace(path)
    for table, frame in ((calls_table, trace.calls), (steps_table, trace.steps)):
        found = table(whole(trace.recording)).to_pandas()
        assert len(found) == len(frame)
        for name in frame:
            known = found[name].notna()
            assert (found[name][known] == frame[name][known]).all(), name
            assert (frame[name][~known].isna() | frame[name][~known].isin(NO_VALUE)).all(), name
