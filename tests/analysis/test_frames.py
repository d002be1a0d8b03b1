from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from analysis.frames import read_trace
from tests.analysis.handmade import START_NS, WAKER, Maker
from tracer.shared.errors import TraceError
from tracer.shared.records import CALL_FIELDS, STEP_FIELDS, StepKind


def polls(**manifest: object) -> Maker:
    maker = Maker()
    maker.call("poll", 0, nr=41)
    maker.phase("poll", fds=(4, 6), active=(6,))
    maker.call("poll", 1, nr=41, wall_ns=5000, off_cpu_ns=3000, fd_polls=82, bytes_in=328)
    maker.call("read", -11, fd=6)
    maker.manifest |= manifest
    return maker


def test_call_columns(tmp_path: Path) -> None:
    calls = read_trace(polls().write(tmp_path)).calls
    assert calls["name"].tolist() == ["poll", "poll", "read"]
    assert calls["family"].tolist() == ["poll", "poll", "read"]
    assert calls["phase"].tolist() == [0, 1, 1]
    assert calls["wall_ns"].tolist() == [1000, 5000, 1000]
    assert calls["kernel_ns"].tolist() == [1000, 2000, 1000]
    assert calls["ret"].tolist() == [0, 1, -11]
    assert calls["unfinished"].tolist() == [False, False, False]
    assert calls["fd_polls"].tolist() == [0, 82, 0]
    assert calls["enter_ns"].iloc[0] == START_NS


def test_a_result_that_no_program_sees_is_none(tmp_path: Path) -> None:
    maker = Maker()
    for ret in (-4, -512, -513, -514, -516, 1):
        maker.call("poll", ret)
    calls = read_trace(maker.write(tmp_path)).calls
    assert calls["ret"].isna().tolist() == [False, True, True, True, True, False]


def test_no_number_of_bytes_where_no_argument_has_it(tmp_path: Path) -> None:
    maker = Maker()
    for name in ("read", "readv", "recvmsg", "sendmmsg", "accept", "write", "sendfile"):
        maker.call(name, 1, nr=23)
    calls = read_trace(maker.write(tmp_path)).calls
    assert calls["nr"].isna().tolist() == [False, True, True, True, True, False, False]


def test_documented_columns_are_the_columns(tmp_path: Path) -> None:
    trace = read_trace(polls().write(tmp_path))
    text = type(trace).__doc__ or ""
    for frame, fields in ((trace.calls, CALL_FIELDS), (trace.steps, STEP_FIELDS)):
        recorded = [field.name for field in fields]
        assert frame.columns[: len(recorded)].tolist() == recorded
        for column in frame.columns[len(recorded) :]:
            assert column in text


def test_numbers_of_calls_are_those_of_the_traces_own_machine(tmp_path: Path) -> None:
    maker = polls()
    maker.manifest["kernel"]["machine"] = "pdp11"
    calls = read_trace(maker.write(tmp_path)).calls
    assert set(calls["name"]) == set(calls["family"]) == {"?"}


def test_ids_of_hooks_are_those_of_the_traces_own_plan(tmp_path: Path) -> None:
    """Hooks may be renumbered between versions; a trace names its own ids."""
    maker = polls()
    rows = [row for row in maker.manifest["plan"] if row["hook"] in ("sys_enter", "sock_poll")]
    rows[0]["id"], rows[1]["id"] = rows[1]["id"], rows[0]["id"]
    names = read_trace(maker.write(tmp_path)).steps["hook_name"]
    assert names.tolist() == ["sock_poll"] * len(names)
    assert len(names) > 0


def test_phase_ends_at_mark_zero(tmp_path: Path) -> None:
    maker = polls()
    maker.step(StepKind.PHASE, value=0)
    maker.call("poll", 0)
    maker.phases = []
    assert read_trace(maker.write(tmp_path)).calls["phase"].tolist() == [0, 1, 1, 0]


def test_calls_of_other_tasks_are_in_the_phase_too(tmp_path: Path) -> None:
    maker = polls()
    maker.call("write", 1, tid=WAKER)
    assert read_trace(maker.write(tmp_path)).calls["phase"].tolist() == [0, 1, 1, 1]


def test_missing_hook_makes_columns_na(tmp_path: Path) -> None:
    maker = Maker(detached={"_copy_from_user": "kprobes are not built", "sched_switch": "EPERM"})
    maker.call("poll", 1, bytes_in=0, off_cpu_ns=0)
    call = read_trace(maker.write(tmp_path)).calls.iloc[0]
    assert call[["bytes_in", "off_cpu_ns", "kernel_ns", "sleeps"]].isna().all()
    assert call["wall_ns"] == 1000
    assert call["fd_polls"] == 0


def test_missing_hook_of_one_family_leaves_the_others(tmp_path: Path) -> None:
    maker = Maker(detail="steps", detached={"__put_user_nocheck_4": "inlined"})
    maker.call("epoll_wait", 1, bytes_out=12)
    maker.call("poll", 1, bytes_out=2)
    assert read_trace(maker.write(tmp_path)).calls["bytes_out"].tolist() == [pd.NA, 2]


def test_column_that_no_hook_feeds_is_na(tmp_path: Path) -> None:
    maker = Maker()
    maker.call("read", 1, bytes_in=0)
    assert read_trace(maker.write(tmp_path)).calls["bytes_in"].isna().all()


def test_unfinished_call(tmp_path: Path) -> None:
    maker = Maker()
    maker.call("poll", 0, exit_ns=0)
    call = read_trace(maker.write(tmp_path)).calls.iloc[0]
    assert call["unfinished"]
    assert call[["exit_ns", "ret", "wall_ns", "kernel_ns"]].isna().all()


def test_steps(tmp_path: Path) -> None:
    maker = Maker(detail="steps")
    address = 0xFFFF_8880_0123_4567
    maker.phase("poll", fds=(4,))
    maker.step(StepKind.INSERTION, hook="add_wait_queue", entry=address, seq=1, value=1)
    maker.step(StepKind.REMOVAL, hook="remove_wait_queue", entry=address)
    maker.steps[-1] = maker.steps[-1][:-3] + b"\xfa" + maker.steps[-1][-2:]
    steps = read_trace(maker.write(tmp_path)).steps
    assert steps["kind"].tolist() == [1, 3, 4, 1]
    assert steps["hook_name"].tolist() == ["sys_enter", "add_wait_queue", "?", "sys_enter"]
    assert steps["entry"].iloc[1] == address
    assert steps["phase"].tolist() == [1, 1, 1, 0]


def test_half_a_record_is_left_out_and_counted(tmp_path: Path) -> None:
    path = polls().write(tmp_path)
    with (path / "calls.bin").open("ab") as file:
        file.write(b"\0" * 119)
    with (path / "steps.bin").open("ab") as file:
        file.write(b"\0" * 7)
    trace = read_trace(path)
    assert len(trace.calls) == 3
    assert trace.truncated_bytes == 126


def test_trace_without_records_or_truth(tmp_path: Path) -> None:
    trace = read_trace(Maker().write(tmp_path))
    assert trace.calls.empty
    assert trace.steps.empty
    assert trace.truth is None


def test_truth(tmp_path: Path) -> None:
    truth = read_trace(polls().write(tmp_path)).truth
    assert truth is not None
    (phase,) = truth.phases
    assert phase.calls["read"].ret_sum == -11
    assert phase.idle == (4,)
    assert phase.spec["rounds"] == 23


def test_recording_that_was_killed_opens(tmp_path: Path) -> None:
    maker = polls(state="recording", losses=None, exit_status=None, live_entries=None)
    manifest = read_trace(maker.write(tmp_path)).manifest
    assert manifest.state == "recording"
    assert manifest.losses is None


def broken(path: Path, name: str, text: str | None) -> Path:
    polls().write(path)
    if text is None:
        (path / name).unlink()
    else:
        (path / name).write_text(text)
    return path


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("manifest.json", None, r"no manifest.json; .*record again"),
        ("calls.bin", None, r"no calls.bin; .*record again"),
        ("manifest.json", "{", r"manifest.json: not JSON .*needed an object"),
        ("manifest.json", "[]", r"a JSON list; needed an object"),
        ("manifest.json", '{"schema": 3}', r"schema 3; .*schema 2: read it with a newer tracer"),
        ("manifest.json", '{"schema": 1}', r"no state; needed one: record again"),
        ("manifest.json", "{}", r"schema None; .*record again"),
        ("truth.json", "{", r"truth.json: not JSON"),
        (
            "truth.json",
            '{"schema": 1, "phases": [{}]}',
            r"truth.json: no phases\[0\].number; needed one",
        ),
    ],
)
def test_broken_trace(tmp_path: Path, name: str, text: str | None, words: str) -> None:
    with pytest.raises(TraceError, match=words):
        read_trace(broken(tmp_path, name, text))


def test_manifest_of_wrong_shape(tmp_path: Path) -> None:
    raw = json.loads((polls().write(tmp_path) / "manifest.json").read_text())
    raw["plan"] = [7]
    (tmp_path / "manifest.json").write_text(json.dumps(raw))
    with pytest.raises(
        TraceError, match=r"manifest.json: plan\[0\] is \[7\]; expected `object`, got `int`"
    ):
        read_trace(tmp_path)


def test_not_a_trace(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match="an empty directory; needed a trace"):
        read_trace(tmp_path)
    (tmp_path / "notes.txt").write_text("")
    with pytest.raises(TraceError, match=r"not a trace; needed manifest.json, calls.bin"):
        read_trace(tmp_path)
    with pytest.raises(TraceError, match="found a file; needed a trace directory"):
        read_trace(tmp_path / "notes.txt")
    with pytest.raises(TraceError, match="found nothing"):
        read_trace(tmp_path / "none")


def test_read_that_slept_and_whose_entry_no_hook_saw(tmp_path: Path) -> None:
    maker = Maker()
    maker.call("read", 8, sleeps=1, insertions=0)
    maker.call("read", 8, sleeps=1, insertions=1)
    maker.call("read", 8, sleeps=0, insertions=0)
    maker.call("recvfrom", 8, sleeps=1, insertions=0)
    calls = read_trace(maker.write(tmp_path)).calls
    assert calls["insertions"].isna().tolist() == [True, False, False, False]
    assert calls["removals"].isna().tolist() == [True, False, False, False]
    assert calls["notified"].notna().all(), "its wake function has a hook"


def test_nor_its_callback_if_the_wake_function_has_no_hook(tmp_path: Path) -> None:
    maker = Maker(detached={"default_wake_function": "EPERM"})
    maker.call("read", 8, sleeps=1, insertions=0)
    assert read_trace(maker.write(tmp_path)).calls["notified"].isna().all()
