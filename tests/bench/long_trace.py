"""Long traces for the benchmark: a recorded one repeated, each time later."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from analysis.trace.spools import dtype_of
from tracer.shared.records import CALL_FIELDS, STEP_FIELDS, StepKind

Records = npt.NDArray[Any]

RECORDED: Final = Path(__file__).resolve().parents[1] / "traces"
TIMES: Final = frozenset(("enter_ns", "exit_ns", "ts_ns"))
JITTER_NS: Final = 2000
BLOCK: Final = 1 << 18
"""About how many records are written at a time."""


def write_long(directory: Path, records: int, name: str = "epoll", detail: str = "steps") -> Path:
    """Write a trace of at least ``records`` calls and steps into ``directory`` and return it.

    It is the recorded trace ``name`` repeated, with times and call numbers continued. Marks of
    phases and unfinished calls are left out. At ``detail`` calls it has no steps.
    """
    base = RECORDED / f"{name}.trace"
    manifest = json.loads((base / "manifest.json").read_text("utf-8"))
    calls = np.fromfile(base / "calls.bin", dtype_of(CALL_FIELDS))
    steps = np.fromfile(base / "steps.bin", dtype_of(STEP_FIELDS))
    calls = calls[calls["exit_ns"] != 0]
    steps = steps[steps["kind"] != StepKind.PHASE]
    if detail == "calls":
        steps = steps[:0]
    repeats = -(-records // (len(calls) + len(steps)))
    for field in ("enter_ns", "exit_ns"):
        calls[field] += np.uint64(JITTER_NS)
    steps["ts_ns"] += np.uint64(JITTER_NS)
    last_ns = max(int(calls["exit_ns"].max()), *steps["ts_ns"][-1:].tolist(), 0)
    span_ns = last_ns - manifest["started_ns"] + 1
    numbers = dict(zip(*np.unique(calls["tid"], return_counts=True), strict=True))
    directory.mkdir(parents=True)
    _repeat(directory / "calls.bin", calls, repeats, span_ns, numbers)
    _repeat(directory / "steps.bin", steps, repeats, span_ns, numbers)
    manifest |= {
        "detail": detail,
        "ended_ns": manifest["started_ns"] + repeats * span_ns,
        "records": {"calls": repeats * len(calls), "steps": repeats * len(steps), "lives": 0},
        "live_entries": None,
    }
    (directory / "manifest.json").write_text(json.dumps(manifest))
    return directory


def _repeat(path: Path, base: Records, repeats: int, span_ns: int, numbers: dict[int, int]) -> None:
    more = np.array([numbers.get(tid, 0) for tid in base["tid"].tolist()], np.uint32)
    more[base["seq"] == 0] = 0  # outside of any call
    at_once = max(1, BLOCK // max(1, len(base)))
    random = np.random.default_rng(23)
    with path.open("wb") as file:
        for first in range(0, repeats, at_once):
            turns = np.arange(first, min(first + at_once, repeats), dtype=np.uint64)
            block = np.tile(base, len(turns))
            turn = np.repeat(turns, len(base))
            for field in TIMES & set(base.dtype.names or ()):
                block[field] += turn * np.uint64(span_ns)
            if "enter_ns" in TIMES & set(base.dtype.names or ()):  # no two calls take equally long
                block["enter_ns"] -= random.integers(0, JITTER_NS, len(block), np.uint64)
            block["seq"] += turn.astype(np.uint32) * np.tile(more, len(turns))
            block.tofile(file)
        os.fsync(file.fileno())
