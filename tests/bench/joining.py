"""Attaching to a thousand threads: all of ``tracer record -p PID``, from start to exit.

``python -m tests.bench.joining`` measures this alone.
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
from tracer.shared.errors import TracerError

THREADS = 1000
RUNS = 5
_PROGRAM = f"""
import threading, time
threading.stack_size(1 << 16)
for _ in range({THREADS}):
    threading.Thread(target=time.sleep, args=(3600,), daemon=True).start()
print("ready", flush=True)
time.sleep(3600)
"""


def joining_seconds() -> float:
    """Return the median seconds that a recording of one millisecond takes."""
    with tempfile.TemporaryDirectory() as name, _program() as pid:
        return statistics.median(_record(pid, Path(name) / f"{i}.trace") for i in range(RUNS))


@contextmanager
def _program() -> Iterator[int]:
    command = [sys.executable, "-S", "-E", "-c", _PROGRAM]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout
            process.stdout.readline()
            yield process.pid
        finally:
            process.kill()


def _record(pid: int, path: Path) -> float:
    command = [sys.executable, "-m", "tracer.cli", "record", "-p", str(pid), "--duration", "0.001"]
    began = time.perf_counter()
    done = subprocess.run([*command, "-o", str(path)], capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - began
    if done.returncode:
        raise TracerError(done.stderr)
    joined = json.loads((path / "manifest.json").read_text())["joined"]
    if joined <= THREADS:
        raise TracerError(f"{joined} tasks joined; needed {THREADS + 1}")
    return seconds


def row(seconds: float) -> str:
    """Return the measurement as a row of the page's table."""
    return (
        f"| {THREADS + 1:,} threads attached to, recorded for 1 ms and left: the whole command "
        f"| {seconds:.2f} s | - | - | 1 s {met(seconds < 1)} |"
    )


if __name__ == "__main__":
    print(row(joining_seconds()))
