"""kill -9 of a recorder with all probes, in a guest; what it leaves is looked at there.

The command is the user's and goes on, untraced, as on a host.

Runs in the guest with the standard library only: `tests.torture.guest` starts it there.
"""

from __future__ import annotations

import ctypes
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.torture.figures import Figures
from tests.torture.guest import run_in_guest
from tracer.shared.records import CALL_CELL, STEP_CELL

TITLE, QUICK, LONG, LIVE = "kill -9 of the recorder in a guest", 1, 100, True
PATIENCE_S = 180.0
"""Attaching takes an emulated guest ten seconds, on a busy machine many times as long."""
SETTLE_S = 30.0
PROJECT = Path(__file__).resolve().parents[2]
STORM = PROJECT / "tests/torture/subjects/storm.py"
RECORD = """
import sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from tracer.recording.recorder import Recorder
with Recorder("steps", where="lab") as recorder:
    recorder.record(sys.argv[3:], Path(sys.argv[2]))
"""


def run(count: int, rng: random.Random) -> Figures:
    """Kill ``count`` recorders: in a guest, or here if this is one."""
    if os.path.exists("/run/tracer"):  # noqa: PTH110 - the guest's own
        return _run_here(count, rng)
    return run_in_guest("guest_kills", count, rng)


def _run_here(count: int, rng: random.Random) -> Figures:
    figures = Figures()
    there = _programs()
    latest_s = 0.0
    for number in range(count):
        after_s = rng.uniform(0, latest_s)
        with tempfile.TemporaryDirectory() as home:
            took_s = _kill(figures, Path(home), after_s, f"kill {number} after {after_s:.1f} s")
        latest_s = latest_s or 2 * took_s
        if left := _settled(there):
            figures.found("left", f"kill {number} after {after_s:.1f} s: programs {left}")
            there = _programs()
        figures.tried += 1
        print(f"{number + 1} of {count}", flush=True)
    return figures


def _kill(figures: Figures, home: Path, after_s: float, case: str) -> float:
    """Kill a recorder ``after_s``; 0: as soon as there is a trace. Return how long it lived."""
    trace = home / "x.trace"
    storm = [sys.executable, "-S", "-E", "-B", str(STORM), "0"]
    command = [sys.executable, "-S", "-E", "-B", "-c", RECORD, str(PROJECT), str(trace), *storm]
    with subprocess.Popen(command, start_new_session=True, stderr=subprocess.PIPE) as recorder:
        began = time.monotonic()
        while not after_s and not trace.exists() and time.monotonic() < began + PATIENCE_S:
            time.sleep(0.1)
        time.sleep(after_s)
        took_s = time.monotonic() - began
        recorder.send_signal(signal.SIGKILL)
        recorder.wait()
    if trace.exists():
        figures.tell("traces")
        _check(figures, trace, case)
    for pid in _storms():
        figures.tell("commands that went on")
        os.kill(pid, signal.SIGKILL)
    return took_s


def _check(figures: Figures, trace: Path, case: str) -> None:
    sizes = {"calls.bin": CALL_CELL.size, "steps.bin": STEP_CELL.size}
    for name, size in sizes.items():
        path = trace / name
        if path.exists() and path.stat().st_size % size:
            figures.found("wrong", f"{case}: a torn record in {name}")
    manifest = trace / "manifest.json"
    if manifest.exists() and json.loads(manifest.read_text())["state"] != "recording":
        figures.found("lost", f"{case}: killed, and the manifest says it was not")
    shutil.rmtree(trace)


def _programs() -> set[int]:
    """Return the ids of all BPF programs of this kernel; nobody else loads any here."""
    libbpf = ctypes.CDLL("libbpf.so.1", use_errno=True)
    found: set[int] = set()
    number = ctypes.c_uint32(0)
    while libbpf.bpf_prog_get_next_id(number, ctypes.byref(number)) == 0:
        found.add(number.value)
    return found


def _settled(before: set[int]) -> set[int]:
    deadline = time.monotonic() + SETTLE_S
    while (left := _programs() - before) and time.monotonic() < deadline:
        time.sleep(0.1)
    return left


def _storms() -> list[int]:
    time.sleep(1)  # a parent's death takes a moment to be heard of
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            words = (path / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if str(STORM).encode() in words and b"-c" not in words:
            found.append(int(path.name))
    return found
