"""Naming ten thousand fds of a running server: the recorder's time, and the server's waits.

``python -m tests.bench.fds`` measures this alone.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.goals import met
from tests.waiting import PATIENCE_S
from tracer.recording.fdnames import FdNames
from tracer.recording.lives import joined_cell, place_of
from tracer.recording.proc import task
from tracer.recording.tracedir import TraceDirectory
from tracer.shared.errors import TracerError

CONNECTIONS = 4990
"""Each with both of its ends in the server: 9,980 sockets, half of them watched."""
RUNS = 5
SERVER = Path(__file__).resolve().parents[1] / "live" / "fd_server.py"


def naming_cost() -> dict[str, float]:
    """Return medians of CPU seconds: for naming all fds, and for listing the watched ones.

    The second bounds how long the server's epoll_wait may be held up: the kernel holds the
    instance's mutex while it writes the list.
    """
    with tempfile.TemporaryDirectory() as name, _server(Path(name)) as (pid, epoll):
        named, seconds = zip(*(_name_all(Path(name), pid) for _ in range(RUNS)), strict=True)
        watched = [_read_list(pid, epoll) for _ in range(RUNS)]
    return {
        "fds": min(named),
        "seconds": statistics.median(seconds),
        "watched_seconds": statistics.median(watched),
    }


@contextmanager
def _server(where: Path) -> Iterator[tuple[int, int]]:
    ready = where / "ready.json"
    process = subprocess.Popen([sys.executable, SERVER, "0", str(CONNECTIONS), ready])
    try:
        while not ready.exists():
            time.sleep(0.05)
        yield process.pid, json.loads(ready.read_text())["epoll"]
    finally:
        process.kill()
        process.wait()


def _name_all(where: Path, pid: int) -> tuple[int, float]:
    """Return how many fds were named, and the CPU seconds that it took."""
    there = task(pid)
    if there is None:
        raise TracerError("the server has ended")
    trace = TraceDirectory(where / "x.trace", {})
    try:
        names = FdNames(trace)
        names.note_lives(joined_cell(there, pid, place_of(pid)))
        began = time.thread_time()
        names._until(time.monotonic() + PATIENCE_S)
        return names.counts["seen"], time.thread_time() - began
    finally:
        trace.remove()


def _read_list(pid: int, epoll: int) -> float:
    began = time.thread_time()
    with Path(f"/proc/{pid}/fdinfo/{epoll}").open("rb", buffering=0) as file:
        while file.read(1 << 16):
            pass
    return time.thread_time() - began


def row(cost: dict[str, float]) -> str:
    """Return the measurement as a row of the page's table."""
    return (
        f"| {cost['fds']:,.0f} fds of a server, named | {cost['seconds']:.2f} s of CPU, of which "
        f"its epoll_wait can wait {cost['watched_seconds'] * 1000:.1f} ms | the same | - "
        f"| 1 s {met(cost['seconds'] < 1)} |"
    )


if __name__ == "__main__":
    print(row(naming_cost()))
