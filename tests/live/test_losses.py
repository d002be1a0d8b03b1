"""A ring that is too small: every lost record is counted, and claims are undecided."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from analysis.checks.trust import common_doubts
from analysis.frames import read_trace
from tests.live.running import manifest, started, tracer
from tests.waiting import PATIENCE_S, is_gone, wait_for
from tracer.bpf.ring import Ring
from tracer.recording.recorded import Recorded
from tracer.recording.recorder import Recorder
from tracer.recording.recording import Recording
from tracer.shared.records import PHASE_MAGIC

pytestmark = pytest.mark.live

MADE = 20_011
ROOM = {"calls": (1 << 20) // 128 - 1, "steps": (1 << 20) // 64 - 1}
"""Records that fit in 1 MiB: the kernel leaves the last cell free."""


def writes(_command: Sequence[str]) -> int:
    """Make calls, and nothing else that is traced."""
    for _ in range(MADE):
        os.write(2, b"")
    return 0


def marks(_command: Sequence[str]) -> int:
    """Make steps, and nothing else that is traced."""
    for number in range(MADE):
        try:
            os.lseek(-1, PHASE_MAGIC << 16 | number & 0x7FFF, os.SEEK_SET)
        except OSError:
            continue
    return 0


def recorded(path: Path, body, detail: str = "calls") -> dict[str, int]:
    with Recorder(detail, ring_mib=1) as recorder:
        recorder.record(["sh"], path, body=body)
    losses: dict[str, int] = manifest(path)["losses"]
    return losses


@pytest.fixture
def reader_that_sleeps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is drained until the storm is over."""
    drain, finish = Ring.drain, Recording.finish
    over: list[Recording] = []

    def late(ring: Ring, fd: int, observe: Any = None) -> int:
        return drain(ring, fd, observe) if over else 0

    def at_the_end(recording: Recording, *arguments: Any) -> Recorded:
        over.append(recording)
        return finish(recording, *arguments)

    monkeypatch.setattr(Ring, "drain", late)
    monkeypatch.setattr(Recording, "finish", at_the_end)


@pytest.mark.usefixtures("reader_that_sleeps")
@pytest.mark.parametrize(("ring", "body"), [("calls", writes), ("steps", marks)])
def test_every_lost_record_is_counted(tmp_path, ring, body):
    losses = recorded(tmp_path / "x.trace", body)
    trace = read_trace(tmp_path / "x.trace")
    kept = {"calls": len(trace.calls), "steps": len(trace.steps)}
    assert kept[ring] == ROOM[ring]
    assert losses == {**dict.fromkeys(losses, 0), ring: MADE - ROOM[ring]}
    (doubt,) = common_doubts(trace)
    assert doubt.startswith(f"{MADE - ROOM[ring]:,} {ring} lost; raise --ring-size")
    assert f"{MADE - ROOM[ring]:,}" in tracer("report", trace.path).stdout


@pytest.mark.parametrize(("ring", "body"), [("calls", writes), ("steps", marks)])
def test_ring_that_wraps_many_times(tmp_path, ring, body):
    losses = recorded(tmp_path / "x.trace", body)
    trace = read_trace(tmp_path / "x.trace")
    if ring == "calls":
        assert len(trace.calls) + losses["calls"] == MADE
        assert trace.calls.seq.is_monotonic_increasing
        assert trace.calls.seq.is_unique
    else:
        assert len(trace.steps) + losses["steps"] == MADE
        assert trace.steps.ts_ns.is_monotonic_increasing
    assert trace.truncated_bytes == 0


def test_recorder_that_is_held_up_says_so(tmp_path):
    trace = tmp_path / "x.trace"
    recorder = started(
        *("record", "--model", "nonblocking", "--rounds", "100000", "--ring-size", "1"),
        *("-o", trace),
    )
    wait_for(lambda: (trace / "calls.bin").exists() and (trace / "calls.bin").stat().st_size)
    workload = manifest(trace)["process"]["pid"]
    recorder.send_signal(signal.SIGSTOP)
    assert not is_gone(workload)
    wait_for(lambda: is_gone(workload))
    recorder.send_signal(signal.SIGCONT)
    _, said = recorder.communicate(timeout=PATIENCE_S)
    assert recorder.returncode == 0, said
    lost = manifest(trace)["losses"]["calls"]
    assert lost > 0
    assert f"{lost:,} lost" in said
    truth = json.loads((trace / "truth.json").read_text())["phases"][0]["calls"]
    read = read_trace(trace)
    mine = read.calls[read.calls.tid == read.truth.phases[0].tid]
    assert len(mine) < sum(family["count"] for family in truth.values())
    assert any(f"{lost:,} calls lost" in doubt for doubt in common_doubts(read))
