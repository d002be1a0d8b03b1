"""kill -9 of a recorder with all probes, in a guest, where its remains are checked.

The command is the user's and goes on, untraced, as on a host. Starting a Python takes an emulated
guest many seconds, so each recorder is forked from one that has imported all it needs, in its own
session: a boot's whole time goes into attaching and recording, during which it is killed.

Runs in the guest with the standard library only: `tests.torture.guest` starts it there.
"""

from __future__ import annotations

import ctypes
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
from pathlib import Path

from tests.torture.figures import Figures
from tests.torture.guest import run_in_guest
from tracer.recording.recorder import Recorder
from tracer.shared.records import CALL_CELL, STEP_CELL

TITLE, QUICK, LONG, LIVE = "kill -9 of the recorder in a guest", 1, 100, True
PATIENCE_S = 180.0
"""Attaching takes an emulated guest ten seconds; on a busy machine many times as long."""
SETTLE_S = 30.0
PROJECT = Path(__file__).resolve().parents[2]
STORM = PROJECT / "tests/torture/subjects/storm.py"


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
    recorder = _start([sys.executable, "-S", "-E", "-B", str(STORM), "0"], trace)
    began = time.monotonic()
    while not after_s and not trace.exists() and time.monotonic() < began + PATIENCE_S:
        time.sleep(0.05)
    time.sleep(after_s)
    took_s = time.monotonic() - began
    os.kill(recorder, signal.SIGKILL)
    _, status = os.waitpid(recorder, 0)
    if not os.WIFSIGNALED(status):
        figures.found("wrong", f"{case}: it ended by itself, with status {status}")
    manifest = trace / "manifest.json"
    text = manifest.read_text() if manifest.exists() else ""
    for pid in _storms():
        figures.tell("commands that went on")
        if f"{pid}" not in text:
            figures.found("left", f"{case}: the command goes on, and nothing tells its pid")
        os.kill(pid, signal.SIGKILL)
    figures.tell("traces", int(trace.exists()))
    if trace.exists():
        _check(figures, trace, case)
    return took_s


def _start(command: list[str], trace: Path) -> int:
    """Fork a recorder of ``command`` that ends when it is killed; return its pid."""
    pid = os.fork()
    if pid:
        return pid
    try:
        os.setsid()
        with Recorder("steps", where="lab") as recorder:
            recorder.record(command, trace)
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(1)


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
    """Return the ids of all BPF programs in this kernel; nobody else loads any here."""
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
    time.sleep(1)  # a parent's death takes a moment to be noticed
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            words = (path / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if str(STORM).encode() in words:
            found.append(int(path.name))
    return found
