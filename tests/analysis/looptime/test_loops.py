from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from analysis.fds.names import fd_names_of
from analysis.fds.streams import streams_of
from analysis.frames import Trace, read_trace
from analysis.looptime.loops import BY, HISTOGRAM, gather, loops
from analysis.looptime.loops_text import BARS, loops_json, loops_tables
from tests.analysis import scenes
from tests.analysis.handmade import Maker


def recorded(path: Path, **made: object) -> Trace:
    maker = Maker(**made)
    maker.task(71, "server")
    maker.task(72, "client")
    maker.call("epoll_ctl", 0, fd=4, target=7, op=1, nr=1)
    for ret in (2, 0, 1):
        maker.call("epoll_wait", ret, fd=4, nr=64, timeout_ns=0 if ret == 0 else -1,
                   sleeps=1, wakeups=2, wall_ns=1000, off_cpu_ns=400)  # fmt: skip
    maker.call("read", 100, fd=7, nr=200)
    maker.call("read", -11, fd=7, nr=200)
    maker.call("write", 30, fd=9, nr=30, tid=72)
    return read_trace(maker.write(path / "x.trace"))


def test_by_program(tmp_path: Path) -> None:
    server, client = loops(recorded(tmp_path), "program").to_dict("records")
    assert (server["program"], server["calls"], server["waits"], server["events"]) == (
        "server", 6, 3, 3,
    )  # fmt: skip
    assert (server["empty"], server["timeout_0"], server["slept"], server["vain"]) == (1, 1, 3, 3)
    assert (server["add"], server["eagain"], server["bytes"]) == (1, 1, 100)
    assert server["kernel_ns"] == 3 * 600 + 3 * 1000
    assert (server["events_per_wait"], server["kernel_ns_per_event"]) == (1.0, 1600.0)
    assert (client["program"], client["bytes"], client["waits"]) == ("client", 30, 0)
    assert pd.isna(client["events_per_wait"])


def test_by_epoll_instance_and_by_fd(tmp_path: Path) -> None:
    trace = recorded(tmp_path)
    (epoll,) = loops(trace, "epoll").to_dict("records")
    assert (epoll["pid"], epoll["fd"], epoll["calls"], epoll["bytes"]) == (71, 4, 4, 0)
    fds = loops(trace, "fd")
    assert fds[["program", "fd", "name", "calls"]].to_numpy().tolist() == [
        ["server", 7, "", 2], ["client", 9, "", 1],
    ]  # fmt: skip


def test_fds_have_names_and_a_row_for_each_file(tmp_path: Path) -> None:
    maker = Maker()
    maker.observe(4, "epoll", watches=[7])
    maker.observe(7, "tcp", local="a:1", peer="b:2", state="ESTABLISHED")
    for ret in (100, 50, -11):
        maker.call("read", ret, fd=7, nr=200)
    maker.call("close", 0, fd=7)
    maker.call("accept4", 7, fd=3)
    maker.call("read", 5, fd=7, nr=200)
    maker.call("epoll_wait", 1, fd=4, nr=64)
    trace = read_trace(maker.write(tmp_path / "x.trace"))
    rows = loops(trace, "fd").set_index("name")
    assert rows.loc["TCP a:1->b:2 (ESTABLISHED)", ["fd", "calls", "requests"]].tolist() == [7, 3, 2]
    assert rows.loc["accepted on fd 3", ["fd", "calls", "requests"]].tolist() == [7, 1, 1]
    assert rows.loc["", ["fd", "calls"]].tolist() == [3, 1]
    (epoll,) = loops(trace, "epoll").to_dict("records")
    assert epoll["name"] == "epoll, watches fd 7"
    assert "TCP a:1->b:2" in loops_tables(trace, "fd", 200)
    assert [row["name"] for row in loops_json(trace, "fd")["rows"]].count(None) == 1


def test_cost_of_a_request(tmp_path: Path) -> None:
    maker = Maker()
    maker.observe(7, "tcp", local="a:1", peer="b:2", state="ESTABLISHED")
    maker.observe(8, "pipe", inode=5)
    for name, fd, ret in (("read", 7, 100), ("read", 8, 1), ("read", 7, 0), ("read", 7, 20)):
        maker.call(name, ret, fd=fd, nr=200)
    maker.call("write", 30, fd=7, nr=30)
    trace = read_trace(maker.write(tmp_path / "known.trace"))
    (row,) = loops(trace, "program").to_dict("records")
    assert (row["requests"], row["kernel_ns_per_request"]) == (2, 2500.0)
    assert "A request is a read" in loops_tables(trace, "program", 200)
    maker.call("read", 1, fd=9, nr=1)
    trace = read_trace(maker.write(tmp_path / "unknown.trace"))
    (row,) = loops(trace, "program").to_dict("records")
    assert pd.isna(row["requests"])
    assert pd.isna(row["kernel_ns_per_request"])
    assert "Requests are missing" in loops_tables(trace, "program", 200)


def test_what_no_hook_counts_is_missing_and_left_out(tmp_path: Path) -> None:
    trace = recorded(tmp_path, detached={"sched_waking": "EPERM"})
    assert loops(trace, "thread")["vain"].isna().all()
    text = loops_tables(trace, "thread", 200)
    assert text.startswith("By thread: 2 of 2, most time in the kernel first\n")
    assert "vain" not in text
    assert "mod" not in text


@pytest.mark.parametrize("by", BY)
def test_an_empty_trace(by: str, tmp_path: Path) -> None:
    assert loops(read_trace(Maker().write(tmp_path / "x.trace")), by).empty


@pytest.mark.parametrize("by", ["thread", "fd"])
def test_windows_combine(tmp_path: Path, by: str) -> None:
    recording = recorded(tmp_path).recording
    names, streams = fd_names_of(recording), streams_of(recording)
    parts = [gather(window, by, names, streams) for window in recording.windows(2)]
    assert len(parts) > 2
    whole = parts[0]
    for part in parts[1:]:
        whole = whole.combine(part)
    (window,) = recording.windows(1000)
    one = gather(window, by, names, streams)
    pd.testing.assert_frame_equal(whole.sums("counts").frame, one.sums("counts").frame)
    for key, spread in one.spreads("times").by_key.items():
        assert whole.spreads("times").by_key[key].values.tolist() == spread.values.tolist()


def test_times_of_calls(tmp_path: Path) -> None:
    server, client = loops(recorded(tmp_path), "program").to_dict("records")
    assert (server["kernel_ns_p50"], server["kernel_ns_max"]) == (800.0, 1000.0)
    assert server[HISTOGRAM] == {9: 6}
    assert client[HISTOGRAM] == {9: 1}
    text = loops_tables(recorded(tmp_path / "again"), "program", 200)
    assert "one bar per power of two, 0.512 to 1.024\n" in text
    assert text.count(BARS[-1]) == 2


def test_a_bar_for_each_power_of_two(tmp_path: Path) -> None:
    maker = Maker()
    for wall_ns in (1000,) * 8 + (4000,) * 4 + (5000,):
        maker.call("read", 1, fd=7, wall_ns=wall_ns)
    trace = read_trace(maker.write(tmp_path / "x.trace"))
    lines = loops_tables(trace, "fd", 200).splitlines()
    assert any(line.endswith(f" {BARS[7]} {BARS[3]}{BARS[0]}") for line in lines)


def test_by_phase(tmp_path: Path) -> None:
    maker = Maker()
    scenes.mux(maker, ready=41)
    trace = read_trace(maker.write(tmp_path / "x.trace"))
    rows = loops(trace, "phase")
    assert rows["phase"].tolist() == ["mux"]
    assert rows["waits"].tolist() == [rows["calls"].iloc[0]]
    assert loops_tables(trace, "phase", 200).startswith("By phase: 1 of 1\n")


def test_json(tmp_path: Path) -> None:
    found = loops_json(recorded(tmp_path, detached={"sched_waking": "EPERM"}), "thread")
    assert found["by"] == "thread"
    server, _ = found["rows"]
    assert (server["program"], server["tid"], server["vain"]) == ("server", 71, None)
    assert server[HISTOGRAM] == [{"from_ns": 512, "calls": 6}]


def test_a_table_of_which_no_column_has_a_number_is_left_out(tmp_path: Path) -> None:
    text = loops_tables(recorded(tmp_path), "fd", 200)
    assert "waits" not in text
    assert text.count("server") == 2
