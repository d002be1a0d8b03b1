from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from analysis.frames import Trace, read_trace
from analysis.loops import BY, gather, loops, loops_tables
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
    assert fds[["program", "fd", "calls"]].to_numpy().tolist() == [
        ["server", 7, 2], ["client", 9, 1],
    ]  # fmt: skip


def test_what_no_hook_counts_is_missing_and_left_out(tmp_path: Path) -> None:
    trace = recorded(tmp_path, detached={"sched_waking": "EPERM"})
    assert loops(trace, "thread")["vain"].isna().all()
    text = loops_tables(trace, "thread", 200)
    assert text.startswith("By thread: 2 of 2, those with most time in the kernel first\n")
    assert "vain" not in text
    assert "mod" not in text


@pytest.mark.parametrize("by", BY)
def test_an_empty_trace(by: str, tmp_path: Path) -> None:
    assert loops(read_trace(Maker().write(tmp_path / "x.trace")), by).empty


def test_windows_combine(tmp_path: Path) -> None:
    recording = recorded(tmp_path).recording
    parts = [gather(window) for window in recording.windows(2)]
    assert len(parts) > 2
    whole = parts[0]
    for part in parts[1:]:
        whole = whole.combine(part)
    (window,) = recording.windows(1000)
    pd.testing.assert_frame_equal(whole.frame, gather(window).frame)
