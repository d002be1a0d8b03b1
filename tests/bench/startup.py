"""From the start of a process to its probes attached: both loaders and bpftrace."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.bench.bpftrace import BPFTRACE_READY, bpftrace_script, wait_for
from tracer.shared.errors import TracerError

ROOT: Final = Path(__file__).resolve().parents[2]
RUNS: Final = 5
TRACEPOINTS: Final = (
    "raw_syscalls:sys_enter",
    "raw_syscalls:sys_exit",
    "sched:sched_switch",
    "sched:sched_waking",
    "sched:sched_process_fork",
    "sched:sched_process_exit",
)
_OURS: Final = (
    "import sys,os; sys.path.insert(0, sys.argv[1])\n"
    "from tracer.recording.recorder import Recorder\n"
    "from tracer.bpf.loaders import Loading\n"
    "r = Recorder('calls', loading=Loading(sys.argv[2]))\n"
    "print('ready', flush=True); os._exit(0)"
)


def startup_seconds(runs: int = RUNS) -> dict[str, float]:
    """Return the median seconds until the same six raw tracepoints are attached.

    By instrument: ``core``, ``bcc`` (which compiles first) and ``bpftrace``, each time in a new
    process. Ours also make their known calls.
    """
    probes = [f"tracepoint:{name} {{ @[tid] = count(); }}" for name in TRACEPOINTS]
    theirs = [*with_tracefs(), "bpftrace", "-e", bpftrace_script(probes, "ms:1")]
    python = [sys.executable, "-S", "-E", "-c", _OURS, str(ROOT)]
    return {
        "core": statistics.median(_until(["ready"], [*python, "core"]) for _ in range(runs)),
        "bcc": statistics.median(_until(["ready"], [*python, "bcc"]) for _ in range(runs)),
        "bpftrace": statistics.median(_until(BPFTRACE_READY, theirs) for _ in range(runs)),
    }


def with_tracefs() -> list[str]:
    """Return a command prefix for bpftrace that mounts tracefs, where it finds tracepoints."""
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
