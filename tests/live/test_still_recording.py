"""A trace is read while ``tracer record`` writes it, with this machine's raw tracepoints."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from tests.live.running import PYTHON, manifest, started, tracer
from tests.waiting import PATIENCE_S, wait_for

pytestmark = pytest.mark.live

BUSY = """
import os, select, time
reader, writer = os.pipe()
waiter = select.epoll()
waiter.register(reader, select.EPOLLIN)
while True:
    time.sleep(0.0005)
    os.write(writer, b"x")
    waiter.poll(1)
    os.read(reader, 1)
"""


def test_reported_and_explained_while_it_is_recorded(tmp_path: Path) -> None:
    trace, found = tmp_path / "x.trace", tmp_path / "found.json"
    command = ("record", "--detail", "steps", "-o", trace, "--", *PYTHON, "-c", BUSY)
    recorder = started(*command)
    try:
        wait_for((trace / "manifest.json").exists)
        seen: list[int] = []
        for _ in range(3):
            wait_for(lambda: counted(trace) > max([1000, *seen]))
            done = tracer("report", trace, "--json", found, "--force")
            assert done.returncode == 0, done.stderr
            assert "still being recorded, " in done.stdout
            report = json.loads(found.read_text())
            assert report["problems"] == {"records": 0, "ledger": 0, "truth": 0, "counters": 0}
            assert report["live"]
            seen.append(sum(row["calls"] for row in report["rows"]))
        assert seen == sorted(set(seen)), "more each time"
        explained = tracer("explain", trace, "--plain")
        assert explained.returncode == 0, explained.stderr
        assert "returns from" in explained.stdout
    finally:
        recorder.send_signal(signal.SIGINT)
        recorder.communicate(timeout=PATIENCE_S)
    assert manifest(trace)["state"] == "complete"
    assert "still being recorded" not in tracer("report", trace).stdout


def counted(trace: Path) -> int:
    so_far = manifest(trace).get("so_far") or {}
    return int(so_far.get("records", {}).get("calls", 0))
