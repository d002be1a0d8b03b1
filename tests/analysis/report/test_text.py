from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from analysis.frames import read_trace
from analysis.report.as_json import to_json
from analysis.report.text import report
from analysis.terminal.tables import MISSING, cell, table
from tests.analysis import epoll_scenes, scenes
from tests.analysis.handmade import Maker
from tracer.shared.process import identity
from tracer.shared.records import StepKind


def seen(maker: Maker, path: Path, width: int = 80) -> str:
    return report(read_trace(maker.write(path / "x.trace")), width, verbose=True)


def test_good_trace(tmp_path: Path) -> None:
    maker = Maker(detail="steps")
    epoll_scenes.epoll(maker, asleep=True)
    lines = seen(maker, tmp_path).splitlines()
    assert lines[0] == "Nothing wrong was found; 21 rules were judged."
    assert lines[2:4] == ["x.trace: 6.1.0-56-amd64 x86_64 (lab)", "losses:    none"]
    assert "ledger:    41 insertions, 41 removals, balanced" in lines
    assert "truth:     agrees with the trace" in lines
    assert "counters:  agree with the steps" in lines
    (row,) = (line for line in lines if line.split()[1:4] == ["epoll-1", "epoll_ctl", "41"])
    assert row.split()[4:] == ["0", "0", "41", "0"]


def test_missing_column_is_a_dash_with_its_reason(tmp_path: Path) -> None:
    maker = Maker(detached={"add_wait_queue": "fentry: EPERM"})
    scenes.mux(maker, ready=41)
    text = seen(maker, tmp_path)
    rows = [line.split() for line in text.splitlines() if line.split()[1:3] == ["mux", "poll"]]
    assert rows[0] == ["1", "mux", "poll", "3", "3", "123", "123"]
    assert "\n  insertions; callbacks: add_wait_queue\n" in text
    assert "\nNot attached:\n  hook add_wait_queue: fentry: EPERM\n" in text
    maker.call("read", 1)
    assert "\n  bytes_in of read; bytes_out of read: measured by no hook\n" in seen(maker, tmp_path)
    assert "ledger:    not checked: hook add_wait_queue not attached" in text


def test_a_column_that_only_some_calls_lack_stays(tmp_path: Path) -> None:
    maker = Maker()
    scenes.mux(maker, ready=41)
    maker.call("read", 1)
    lines = [line.split() for line in seen(maker, tmp_path).splitlines()]
    rows = [line for line in lines if line[1:3] == ["mux", "read"]]
    assert [MISSING in row for row in rows] == [False, True, False, False]


def test_what_is_missing_is_one_line_unless_verbose(tmp_path: Path) -> None:
    maker = Maker(detached={"add_wait_queue": "fentry: EPERM"})
    scenes.mux(maker, ready=41)
    text = report(read_trace(maker.write(tmp_path / "x.trace")), 200)
    (line,) = (each for each in text.splitlines() if each.startswith("Not measured in any call:"))
    assert "insertions" in line
    assert line.endswith("hooks are not attached; -v says why)")
    assert "fentry: EPERM" not in text


def test_losses_and_problems(tmp_path: Path) -> None:
    maker = Maker(detail="steps")
    scenes.mux(maker, ready=41)
    maker.manifest |= {"misses": {"sock_poll_fexit": 3, "pollwake_kprobe": None}}
    maker.manifest["losses"]["steps"] = 1204
    maker.phases[0]["calls"] = {}
    for entry in range(23):
        maker.step(StepKind.REMOVAL, hook="remove_wait_queue", entry=entry)
    text = seen(maker, tmp_path)
    assert "losses:    1,204 steps\n" in text
    assert "misses:    sock_poll_fexit 3 (1 program not counted by this kernel)" in text
    assert "ledger:    23 problems\n" in text
    assert "  and 13 more\n" in text
    assert "truth:     2 problems\n  phase mux: the workload says 0 calls of poll" in text
    assert "counters:  12 problems\n" in text


def test_killed_recording_that_had_counted(tmp_path: Path) -> None:
    maker = Maker()
    maker.call("poll", 1)
    losses = dict.fromkeys(maker.manifest["losses"], 0) | {"calls": 7}
    maker.manifest |= {
        "state": "recording", "losses": None, "misses": {}, "ended_ns": None, "exit_status": None,
        "so_far": {"at_ns": maker.manifest["started_ns"] + 12_300_000_000, "losses": losses,
                   "misses": {"sock_poll_fexit": 0}},
        "process": identity(os.getpid()),
    }  # fmt: skip
    trace = read_trace(maker.write(tmp_path / "x.trace"))
    text = report(trace, 200)
    after = "in the first 12.3 s; then unknown: the recorder was killed\n"
    assert f"losses:    7 calls {after}" in text
    assert f"misses:    none {after}" in text
    assert f"its command still runs: pid {os.getpid()}\n" in text
    as_json = to_json(trace)
    assert (as_json["losses"], as_json["misses"]) == (None, None)
    assert as_json["so_far"]["losses"]["calls"] == 7


def test_killed_recording(tmp_path: Path) -> None:
    maker = Maker()
    maker.call("poll", 1)
    maker.manifest |= {"state": "recording", "losses": None, "exit_status": None}
    path = maker.write(tmp_path / "x.trace")
    with (path / "calls.bin").open("ab") as file:
        file.write(b"\0" * 64)
    text = report(read_trace(path), 80)
    assert "losses:    unknown: the recorder was killed" in text
    assert "misses:    unknown: the recorder was killed" in text
    assert "recording; claims are undecided, 64 bytes of half-written records ignored" in text
    assert "(exit status not known)" in text
    assert "0 no phase" in text
    assert "truth:     none; the command was not one of tracer's workloads" in text


def test_long_command_is_cut(tmp_path: Path) -> None:
    maker = Maker()
    maker.manifest["command"] = ["python3", "--spec-json", "x" * 1000]
    (line,) = (each for each in seen(maker, tmp_path).splitlines() if "command:" in each)
    assert len(line) == 80
    assert line.endswith("x… (exit status 0)")


def test_names_cannot_control_the_terminal(tmp_path: Path) -> None:
    maker = Maker()
    maker.manifest["command"] = ["\x1b[2J"]
    maker.phase("poll", name="\x1b]0;gotcha\x07")
    maker.call("poll", 1)
    maker.phases[0]["calls"] = {}
    text = seen(maker, tmp_path)
    assert text.count("gotcha") > 1
    assert not {"\x1b", "\x07"} & set(text)


def test_json(tmp_path: Path) -> None:
    maker = Maker(detached={"add_wait_queue": "EPERM"})
    scenes.mux(maker, ready=41)
    maker.manifest["misses"] = {"pollwake_kprobe": None}
    found = to_json(read_trace(maker.write(tmp_path / "x.trace")))
    assert json.loads(json.dumps(found)) == found
    (row,) = found["rows"]
    assert (row["phase"], row["phase_name"], row["family"]) == (1, "mux", "poll")
    assert (row["calls"], row["fd_polls"], row["insertions"]) == (3, 123, None)
    assert row["kernel_ns_median"] == 1000
    assert found["ledger"]["unchecked"] == "hook add_wait_queue not attached"
    assert found["missing"] == [
        "insertions; callbacks: add_wait_queue",
        "bytes_out: __put_user_nocheck_2",
    ]
    assert found["not_attached"] == [
        "hook add_wait_queue: EPERM",
        "hook __put_user_nocheck_2: only with --detail steps",
    ]


def test_empty_trace(tmp_path: Path) -> None:
    assert "No traced system calls." in seen(Maker(), tmp_path)


@pytest.mark.parametrize("width", [80, 120])
def test_tables_fit_the_terminal(tmp_path: Path, width: int) -> None:
    maker = Maker()
    scenes.mux(maker, "select", ready=101, n=101, label="select-n211-middle-a1", bytes_in=123456)
    text = seen(maker, tmp_path, width)
    tables = text.partition("Polls of fds, and entries")[2].partition("Missing")[0]
    assert max(map(len, tables.splitlines())) <= width
    assert "1 select-n211-middle-a1  select" in tables


def test_table_wraps_words_and_never_numbers() -> None:
    text = table(["word", "number"], [["a very long text indeed", 1234567]], width=20, words=1)
    assert "1,234,567" in text
    assert all(len(line) <= 20 for line in text.splitlines())


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, MISSING),
        (float("nan"), MISSING),
        (0, "0"),
        (1204, "1,204"),
        (2.0, "2"),
        (0.12345, "0.1235"),
        (21970.6, "21,971"),
        ("[red]", "[red]"),
    ],
)
def test_cell(value: object, text: str) -> None:
    assert cell(value) == text
    assert text in table(["x"], [[value]], 80, words=1)
