"""The host's part of the benchmark, on the kernel that runs it (the tracepoint tier will do).

Each function measures in fresh processes, and returns plain numbers.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.bench.bpftrace import BPFTRACE_READY, bpftrace_script, wait_for
from tracer.errors import TracerError
from tracer.record import Recorder
from tracer.records import PHASE_MAGIC, STEP_CELL

ROOT = Path(__file__).resolve().parents[2]
RUNS = 5
_TRACEPOINTS = (
    "raw_syscalls:sys_enter",
    "raw_syscalls:sys_exit",
    "sched:sched_switch",
    "sched:sched_waking",
    "sched:sched_process_fork",
    "sched:sched_process_exit",
)


def drain_rate(ring_mib: int = 16) -> dict[str, float]:
    """Fill the steps ring from the kernel, then time how fast it goes to a spool file.

    A child makes phase marks, one step each, until the ring is full (the rest is counted as
    lost). Returns cells, seconds and cells per second, the median of some runs.
    """
    cells = (ring_mib << 20) // STEP_CELL.size - 1  # the kernel never fills the last one
    with Recorder("steps", ring_mib=ring_mib) as recorder:
        seconds = [_drain_once(recorder, cells) for _ in range(RUNS)]
    median = statistics.median(seconds)
    return {"cells": cells, "seconds": median, "per_second": cells / median}


def _drain_once(recorder: Recorder, cells: int) -> float:
    instrument = recorder._instrument
    gate, go = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.read(gate, 1)
        for _ in range(cells + 1):
            try:
                os.lseek(-1, PHASE_MAGIC << 16, os.SEEK_SET)
            except OSError:
                continue
        os._exit(0)
    instrument.maps.release_all()
    instrument.claim(pid, True)
    os.write(go, b"g")
    os.waitpid(pid, 0)
    os.close(gate)
    os.close(go)
    with tempfile.TemporaryFile(buffering=0) as spool:
        began = time.perf_counter()
        done = 0
        while drained := instrument.maps.rings["steps"].drain(spool.fileno()):
            done += drained
        seconds = time.perf_counter() - began
    if done != cells:
        raise TracerError(f"the ring held {done:,} cells, expected {cells:,}")
    return seconds


def attach_seconds() -> dict[str, float]:
    """Return seconds from process start to all six tracepoints attached, ours and bpftrace's."""
    script = (
        "import sys,os; sys.path.insert(0, sys.argv[1])\n"
        "from tracer.record import Recorder\n"
        "r = Recorder('calls'); print('ready', flush=True); os._exit(0)"
    )
    ours = [sys.executable, "-S", "-E", "-c", script, str(ROOT)]
    probes = [f"tracepoint:{name} {{ @[tid] = count(); }}" for name in _TRACEPOINTS]
    theirs = [*_with_tracefs(), "bpftrace", "-e", bpftrace_script(probes, "ms:1")]
    return {
        "tracer": statistics.median(_until(["ready"], ours) for _ in range(RUNS)),
        "bpftrace": statistics.median(_until(BPFTRACE_READY, theirs) for _ in range(RUNS)),
    }


def _with_tracefs() -> list[str]:
    """bpftrace finds tracepoints in tracefs; where it is not mounted, mount it for bpftrace."""
    if Path("/sys/kernel/tracing/events").exists():
        return []
    mount = 'mount -t tracefs tracefs /sys/kernel/tracing && exec "$@"'
    return ["unshare", "--mount", "sh", "-c", mount, "sh"]


def _until(lines: Sequence[str], command: list[str]) -> float:
    began = time.perf_counter()
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        ready = wait_for(lines, process.stdout)
        seconds = time.perf_counter() - began
        process.terminate()
        if not ready:
            assert process.stderr
            raise TracerError(f"{command[0]} did not get ready: {process.stderr.read()[-300:]}")
    return seconds
