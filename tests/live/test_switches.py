"""Every sleep is complete, or the number is missing: out, in, time off the CPU, wakeup."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from analysis.frames import Trace, read_trace
from tests.live.running import tracer
from tests.subjects.building import built
from tracer.shared.records import StepKind, Unseen

pytestmark = pytest.mark.live

ROUNDS = 60_000


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built("pingpong", tmp_path_factory.mktemp("built"))


@pytest.fixture(scope="module")
def played(program: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Trace, dict[int, int]]:
    """Return the trace, and by tid the voluntary switches that the kernel itself counted."""
    path = tmp_path_factory.mktemp("played") / "x.trace"
    line = ("--detail", "steps", "--ring-size", "64", "-o", path, "--", str(program), str(ROUNDS))
    done = tracer("record", *line)
    assert done.returncode == 0, done.stderr
    rows = [line.split() for line in done.stdout.splitlines() if line[:1].isdigit()]
    return read_trace(path), {int(tid): int(count) for tid, count in rows}


def steps_in_calls(trace: Trace, kind: StepKind) -> pd.Series[int]:
    """Return by call index how many steps of ``kind`` its task had during the call."""
    counts = pd.Series(0, index=trace.calls.index)
    for tid, calls in trace.calls.groupby("tid"):
        mine = trace.steps[(trace.steps["kind"] == kind) & (trace.steps["owner_tid"] == tid)]
        times = mine["ts_ns"].sort_values().to_numpy()
        ends = calls["exit_ns"].astype("int64").to_numpy()
        counts[calls.index] = times.searchsorted(ends) - times.searchsorted(calls["enter_ns"])
    return counts


def test_a_hundred_thousand_calls_slept_and_the_kernel_counted_as_many(played):
    trace, by_kernel = played
    assert sum(trace.manifest.losses.values()) == 0
    counted = trace.calls[trace.calls["name"] != "futex"]  # pthread_join comes after the rounds
    seen = counted.groupby("tid")["sleeps"].sum()
    for tid, count in by_kernel.items():
        assert count == seen[tid]
    assert (trace.calls["sleeps"] > 0).sum() > 100_000


def test_sleeping_tasks_were_off_the_cpu_or_it_is_not_known(played):
    calls = played[0].calls
    slept = calls[(calls["sleeps"] > 0).fillna(value=False)]
    unknown = slept["off_cpu_ns"].isna()
    assert (slept.loc[~unknown, "off_cpu_ns"] > 0).all()
    assert slept.loc[unknown, "kernel_ns"].isna().all()
    assert (slept.loc[unknown, "unseen"] & int(Unseen.SWITCH_IN) > 0).all()


def test_as_many_ins_as_outs_and_wakeups_as_steps_or_it_is_not_known(played):
    trace = played[0]
    calls = trace.calls
    outs, ins, woken = (
        steps_in_calls(trace, kind)
        for kind in (StepKind.SWITCH_OUT, StepKind.SWITCH_IN, StepKind.WAKEUP)
    )
    whole = calls["off_cpu_ns"].notna()
    assert (outs == ins)[whole].all()
    assert (outs != ins)[~whole].all(), "nothing is missing that was seen"
    known = calls["wakeups"].notna()
    assert (calls["wakeups"] == woken)[known].all()
    assert (calls["wakeups"] >= calls["sleeps"])[known].all()
