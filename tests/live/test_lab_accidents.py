"""Recordings in the lab that end early: the trace is kept, a message, the right exit code."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import pytest

from tests.live.running import LAB_S, manifest, started, tracer
from tests.waiting import is_gone
from tracer.lab.releases import DEFAULT
from tracer.shared import arch

pytestmark = [pytest.mark.live, pytest.mark.lab]


def children_of(pid: int) -> list[int]:
    """Return the children of a process: each is that of the thread that started it."""
    lists = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for each in lists for child in each.read_text().split()]


def test_ctrl_c_keeps_the_trace(tmp_path):
    trace = tmp_path / "x.trace"
    recorder = started("record", "--kernel", DEFAULT, "-o", trace, "--", "sleep", "100")
    guard = threading.Timer(LAB_S, recorder.kill)
    guard.start()
    assert recorder.stderr
    assert any("recording x" in line for line in recorder.stderr), "the guest never said so"
    guests = children_of(recorder.pid)
    os.killpg(recorder.pid, signal.SIGINT)
    _, said = recorder.communicate(timeout=LAB_S)
    guard.cancel()
    assert recorder.returncode == 0, said
    assert "what was recorded is kept" in said
    assert "ended by Ctrl-C" in said
    assert "Traceback" not in said
    assert manifest(trace)["state"] == "complete"
    assert guests
    assert all(map(is_gone, guests))
    assert [path.name for path in tmp_path.iterdir()] == ["x.trace"]


def test_no_qemu(tmp_path):
    (tmp_path / "bin").mkdir()
    done = tracer(
        *("record", "--kernel", DEFAULT, "-o", tmp_path / "x.trace", "--model", "poll"),
        env={**os.environ, "PATH": f"{tmp_path}/bin"},
    )
    assert done.returncode == 1
    assert "the lab needs " in done.stderr
    assert arch.here().qemu in done.stderr
    assert "apt-get install " in done.stderr
    assert not (tmp_path / "x.trace").exists()
