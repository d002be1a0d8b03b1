"""From a full ring to a spool file, natively: tracepoints suffice."""

from __future__ import annotations

import os
import statistics
import tempfile
import time

from tracer.bpf.tasks import Flags
from tracer.recording.recorder import Recorder
from tracer.shared.errors import TracerError
from tracer.shared.records import PHASE_MAGIC, STEP_CELL

RUNS = 5


def drain_rate(ring_mib: int = 16) -> dict[str, float]:
    """Fill the steps ring from the kernel, then time how fast it is drained to a spool file.

    A child makes phase marks, one step each, until the ring is full (the rest is counted as
    lost). Returns cells, seconds and cells per second, the median of some runs.
    """
    cells = (ring_mib << 20) // STEP_CELL.size - 1  # the kernel never fills the last one
    with Recorder("steps", ring_mib=ring_mib) as recorder:
        seconds = [_drain_once(recorder, cells) for _ in range(RUNS)]
    median = statistics.median(seconds)
    return {"cells": cells, "seconds": median, "per_second": cells / median}


def _drain_once(recorder: Recorder, cells: int) -> float:
    instrument = recorder.instrument
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
    instrument.maps.tasks.join(pid, pid, Flags.STEPS)
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
