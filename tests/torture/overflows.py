"""Rings that are far too small: every record that did not fit must be counted, to the last one.

The workload's own count is the reference: it makes so many calls, or steps, and nothing else that
is traced. Runs on this machine and, by `tests.torture.guest_overflows`, in a guest; standard
library only, since the guest has no more.
"""

from __future__ import annotations

import json
import os
import random
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from tests.torture.figures import Figures
from tracer.bpf.ring import Ring
from tracer.recording.recorder import Recorder
from tracer.shared.records import CALL_CELL, PHASE_MAGIC, SPOOLS, STEP_CELL

TITLE, QUICK, LONG, LIVE = "forced overflows, each record accounted for", 2, 100, True
LEAST, MOST = 9_001, 60_013
"""How many records are made; about 8,000 calls and 16,000 steps fit."""
CELLS: Final = {"calls": CALL_CELL.size, "steps": STEP_CELL.size}


def run(count: int, rng: random.Random) -> Figures:
    """Overflow ``count`` rings, of calls and of steps in turn."""
    figures = Figures()
    for turn, ring in enumerate(CELLS):
        with Recorder(ring, ring_mib=1) as recorder:
            for number in range(turn, count, 2):
                _overflow(figures, recorder, ring, f"{ring} {number}", rng)
    return figures


def _overflow(
    figures: Figures, recorder: Recorder, ring: str, case: str, rng: random.Random
) -> None:
    made = rng.randint(LEAST, MOST)
    with tempfile.TemporaryDirectory(prefix="torture-") as home:
        path = Path(home) / "x.trace"
        with _sleepy_reader(rng):
            recorder.record(["sh"], path, body=BODIES[ring](made))
        kept = (path / SPOOLS[ring]).stat().st_size / CELLS[ring]
        lost = json.loads((path / "manifest.json").read_text())["losses"][ring]
    figures.tried += 1
    figures.tell("records made", made)
    figures.tell("records lost and counted", lost)
    figures.tell("overflows", int(lost > 0))
    if kept + lost < made:
        figures.found("lost", f"{case}: {made} made, {kept} kept, {lost} counted as lost")
    elif kept + lost > made:
        figures.found("wrong", f"{case}: {made} made, {kept} kept, {lost} counted as lost")


def _writes(made: int) -> Callable[[Sequence[str]], int]:
    def body(_command: Sequence[str]) -> int:
        for _ in range(made):
            os.write(2, b"")
        return 0

    return body


def _marks(made: int) -> Callable[[Sequence[str]], int]:
    def body(_command: Sequence[str]) -> int:
        for number in range(made):
            try:
                os.lseek(-1, PHASE_MAGIC << 16 | number & 0x7FFF, os.SEEK_SET)
            except OSError:
                continue
        return 0

    return body


BODIES: Final = {"calls": _writes, "steps": _marks}


@contextmanager
def _sleepy_reader(rng: random.Random) -> Iterator[None]:
    """Hold up the reader of the rings now and then, for longer than a ring takes to fill."""
    drain = Ring.drain

    def sometimes(ring: Ring, fd: int, observe: Any = None) -> int:
        if rng.random() < 0.2:
            time.sleep(rng.uniform(0, 0.4))
        return drain(ring, fd, observe)

    setattr(Ring, "drain", sometimes)  # noqa: B010 - it is put back below
    try:
        yield
    finally:
        setattr(Ring, "drain", drain)  # noqa: B010
