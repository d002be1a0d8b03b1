"""What a killed recorder leaves of its counts."""

from __future__ import annotations

import json
import time

from tracer.recording import sofar
from tracer.recording.sofar import SoFar
from tracer.recording.tracedir import TraceDirectory


def test_once_a_second(tmp_path, monkeypatch):
    clock = [100.0]
    monkeypatch.setattr(sofar.time, "monotonic", lambda: clock[0])
    trace = TraceDirectory(tmp_path / "x.trace", {"so_far": None})
    counted = []

    def count():
        counted.append(clock[0])
        return {"losses": {"calls": len(counted)}, "misses": {}}

    so_far = SoFar(trace, count)
    for clock[0] in (100.0, 100.5, 100.99, 101.0, 101.5, 102.1):
        so_far.refresh()
    assert counted == [100.0, 101.0, 102.1]
    written = json.loads((trace.path / "manifest.json").read_text())["so_far"]
    assert (written["losses"], written["misses"]) == ({"calls": 3}, {})
    assert 0 < written["at_ns"] <= time.clock_gettime_ns(time.CLOCK_BOOTTIME)
