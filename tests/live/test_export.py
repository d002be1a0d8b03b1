"""A recording of this machine's kernel, exported: as many calls and steps as the trace has."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from analysis.frames import Trace, read_trace
from tests.analysis.export.perfetto_reader import check_flows, check_order, nest, read
from tests.live.running import tracer
from tracer.shared.records import StepKind

pytestmark = pytest.mark.live

ROUNDS = 23


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory with a trace of epoll with a waker, and all its exports."""
    path = tmp_path_factory.mktemp("export")
    workload = ["--model", "epoll", "--waker", "while-asleep", "--delay-ms", "2", "--fds", "7"]
    rounds = ["--rounds", str(ROUNDS), "--detail", "steps"]
    done = tracer("record", *workload, *rounds, "-o", path / "x.trace")
    assert done.returncode == 0, done.stderr
    forms = ["--perfetto", path / "x.pftrace", "--parquet", path / "d", "--csv", path / "d"]
    done = tracer("export", path / "x.trace", *forms)
    assert done.returncode == 0, done.stderr
    return path


def test_timeline_holds_all_calls_and_steps(directory: Path) -> None:
    trace, found = read_trace(directory / "x.trace"), read(directory / "x.pftrace")
    check_order(found)
    unfinished = int(trace.calls["unfinished"].sum())
    assert [event.category for event in nest(found)] == ["call"] * unfinished
    assert len(found.of("call")) == len(trace.calls) > ROUNDS
    assert len(found.of("step")) == len(trace.steps)


def test_each_wait_is_woken_by_the_waker(directory: Path) -> None:
    trace, found = read_trace(directory / "x.trace"), read(directory / "x.pftrace")
    nest(found)
    (waker,) = {
        track.thread.tid for track in found.tracks.values() if track.thread.thread_name == "waker"
    }
    timelines = check_flows(found).values()
    waits = [timeline for timeline in timelines if timeline[-1].inside == "epoll_wait"]
    assert len(waits) == len(woken_waits(trace)) > ROUNDS / 2
    assert {found.thread(timeline[0]) for timeline in waits} == {waker}
    assert {timeline[0].inside for timeline in waits} == {"write"}


def woken_waits(trace: Trace) -> set[int]:
    """Return the numbers of the epoll_wait calls that left the CPU, were woken, and came back.

    A thread that finds an event, or is just falling asleep, need not have left the CPU; also, this
    machine's kernel hides a few switches (KNOWN_ISSUES.md).
    """
    waits = trace.calls[(trace.calls["name"] == "epoll_wait") & (trace.calls["wakeups"] > 0)]
    steps = trace.steps[trace.steps["tid"].isin(waits["tid"])]
    switches = (steps[steps["kind"] == kind] for kind in (StepKind.SWITCH_OUT, StepKind.SWITCH_IN))
    return set(waits["seq"]).intersection(*(switch["seq"] for switch in switches))


def test_tables_hold_all_calls_and_steps(directory: Path) -> None:
    trace = read_trace(directory / "x.trace")
    for name, frame in (("calls", trace.calls), ("steps", trace.steps)):
        for found in (
            pl.read_parquet(directory / "d" / f"{name}.parquet"),
            pl.read_csv(directory / "d" / f"{name}.csv", infer_schema_length=None),
        ):
            assert len(found) == len(frame) > 0
    calls = pl.read_parquet(directory / "d" / "calls.parquet")
    assert calls.filter(name="epoll_wait")["ret"].sum() == ROUNDS
