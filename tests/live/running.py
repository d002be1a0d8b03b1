"""Run ``tracer`` as a separate program, and check what it leaves behind."""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.waiting import PATIENCE_S

ROOT = Path(__file__).resolve().parents[2]
TRACER = (sys.executable, "-m", "tracer.cli")
PYTHON = ("/usr/bin/python3", "-S", "-E", "-B")

STORM = """
import os, signal, sys, time
signal.signal(signal.SIGINT, signal.SIG_DFL)
open(sys.argv[1], "w").write(str(os.getpid()))
while True:
    for _ in range(1000):
        os.write(2, b"")
    time.sleep(0.05)
"""
"""A program that makes calls without end, after printing its pid.

It rests, so that even a recorder that has to wait long for a CPU loses none.
"""

LAB_S = 1200.0
"""How long a boot may take where several share two processors; alone it takes 20 s."""


def tracer(
    *arguments: str | Path,
    timeout: float = PATIENCE_S,
    before: tuple[str, ...] = (),
    **options: Any,
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end; ``before`` is a command that starts it, such as unshare."""
    done = subprocess.run(
        [*before, *TRACER, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        **options,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


def report(trace: Path) -> str:
    """Return the output of ``tracer report`` for a trace."""
    done = tracer("report", trace)
    assert done.returncode == 0, done.stderr
    return done.stdout


def started(*arguments: str | Path, **options: Any) -> subprocess.Popen[str]:
    """Start a command in its own session, like a terminal's foreground job."""
    return subprocess.Popen(
        [*TRACER, *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        **options,
    )


def manifest(trace: Path) -> dict[str, Any]:
    """Return a trace's manifest."""
    found: dict[str, Any] = json.loads((trace / "manifest.json").read_text())
    return found


def records(trace: Path) -> bool:
    """Tell whether a recording has begun: its subject has joined, and calls are read."""
    return (trace / "manifest.json").exists() and bool(manifest(trace).get("so_far"))


def misses(trace_manifest: dict[str, Any]) -> set[int]:
    """Return the counts of missed runs; many kernels have none for kprobes and breakpoints."""
    counts = trace_manifest["misses"]
    uncounted = {name for name, count in counts.items() if count is None}
    assert all(name.endswith(("_kprobe", "_breakpoint")) for name in uncounted)
    return {count for count in counts.values() if count is not None}


def programs_of(pid: int) -> set[int]:
    """Return the ids of the BPF programs that a process holds, by programs and by links."""
    found: set[int] = set()
    for info in Path(f"/proc/{pid}/fdinfo").iterdir():
        with suppress(FileNotFoundError):  # in our own: the fd that lists this directory
            lines = info.read_text().splitlines()
            found |= {int(line.split()[1]) for line in lines if line.startswith("prog_id:")}
    return found


def loaded(programs: set[int]) -> set[int]:
    """Return those of ``programs`` that are still loaded."""
    libbpf = ctypes.CDLL("libbpf.so.1", use_errno=True)
    there = set()
    for number in programs:
        fd = libbpf.bpf_prog_get_fd_by_id(number)
        if fd >= 0:
            os.close(fd)
            there.add(number)
    return there
