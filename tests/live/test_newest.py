"""Recordings that keep only the newest, with this machine's raw tracepoints."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from tests.live.running import PYTHON, manifest, started, tracer
from tests.waiting import PATIENCE_S, wait_for

pytestmark = pytest.mark.live

BUSY = """
import os, select, threading
reader, writer = os.pipe()
waiter = select.epoll()
waiter.register(reader, select.EPOLLIN)
while True:
    for _ in range(100):
        os.write(writer, b"x")
        waiter.poll(1)
        os.read(reader, 1)
    joins_later = threading.Thread(target=os.getpid)
    joins_later.start()
    joins_later.join()
"""
MIB = 1 << 20
MOST_MIB = 4


def let_go(trace: Path) -> int:
    found = manifest(trace).get("let_go") if (trace / "manifest.json").exists() else None
    return sum(found[name] for name in ("calls", "steps")) if found else 0


def recorded(trace: Path, *options: str, records: int) -> None:
    """Record a busy program until so many records were discarded, then press Ctrl-C."""
    recorder = started("record", *options, "-o", trace, "--", *PYTHON, "-c", BUSY)
    try:
        wait_for(lambda: let_go(trace) > records)
    finally:
        recorder.send_signal(signal.SIGINT)
        _, output = recorder.communicate(timeout=PATIENCE_S)
    assert "older ones discarded" in output


@pytest.mark.parametrize("detail", ["calls", "steps"])
def test_at_most_so_much_is_kept_without_problems(tmp_path: Path, detail: str) -> None:
    trace, file = tmp_path / "x.trace", tmp_path / "found.json"
    size = ("--ring-size", "1", "--max-size", f"{MOST_MIB}M")
    recorded(trace, "--detail", detail, *size, records=200_000)
    spools = [trace / "calls.bin", trace / "steps.bin"]
    assert sum(spool.stat().st_blocks * 512 for spool in spools) <= (MOST_MIB + 1) * MIB
    assert sum(spool.stat().st_size for spool in spools) > 3 * MOST_MIB * MIB
    done = tracer("report", trace, "--json", file)
    assert done.returncode == 0, done.stderr
    assert "discarded: the oldest " in done.stdout
    found = json.loads(file.read_text())
    lost = sum(manifest(trace)["losses"].values())
    assert found["problems"] == {"records": 0, "ledger": 0, "truth": 0, "counters": 0} or lost
    assert sum(row["calls"] for row in found["rows"]) > 1000


def test_the_newest_seconds(tmp_path: Path) -> None:
    trace = tmp_path / "x.trace"
    recorded(trace, "--max-time", "1", records=1000)
    found = manifest(trace)
    assert 1e9 <= found["ended_ns"] - found["let_go"]["until_ns"] < 10e9
    assert tracer("report", trace).returncode == 0
