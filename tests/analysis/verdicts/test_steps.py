from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from analysis.checks.undecided import Undecided
from analysis.frames import Trace, read_trace
from analysis.trace.truth import PhaseTruth
from analysis.verdicts.steps import inside, queued, spurious_of, waits_of, working_callbacks
from tests.analysis import epoll_scenes
from tests.analysis.epoll_scenes import Odd
from tests.analysis.handmade import MS, Maker
from tracer.shared.records import StepKind


def recorded(maker: Maker, path: Path) -> tuple[Trace, PhaseTruth]:
    trace = read_trace(maker.write(path))
    assert trace.truth is not None
    return trace, trace.truth.phases[0]


def asleep(path: Path, rounds: int = 3) -> tuple[Trace, PhaseTruth]:
    maker = Maker(detail="steps")
    epoll_scenes.epoll(maker, n=11, active=(3,), rounds=rounds, asleep=True)
    return recorded(maker, path)


def test_sleep_is_around_its_callback(tmp_path: Path) -> None:
    trace, phase = asleep(tmp_path)
    spurious = spurious_of(trace, phase, "epoll_wait")
    called = working_callbacks(trace, phase)
    assert len(spurious) == len(called) == 3
    assert (spurious["out_ns"] < spurious["in_ns"]).all()
    assert inside(called["ts_ns"], spurious).all()
    assert not inside(called["ts_ns"] + 30 * MS, spurious.head(1)).any()


def test_task_that_was_forced_off_the_cpu_did_not_sleep(tmp_path: Path) -> None:
    maker = Maker(detail="steps")
    maker.phase("epoll")
    for value in (1, 0):
        maker.step(StepKind.SWITCH_OUT, hook="sched_switch", seq=1, value=value)
        maker.step(StepKind.SWITCH_IN, hook="sched_switch", seq=1)
    maker.call("epoll_wait", 0, sleeps=1, preemptions=1)
    trace, phase = recorded(maker, tmp_path)
    spurious = spurious_of(trace, phase, "epoll_wait")
    switched = trace.steps.loc[trace.steps["kind"] == StepKind.SWITCH_OUT, "ts_ns"]
    assert spurious["out_ns"].tolist() == [switched.iloc[1]]


def test_what_each_call_queued(tmp_path: Path) -> None:
    trace, phase = asleep(tmp_path)
    assert queued(trace, phase, "epoll_ctl")["fd"].tolist() == list(phase.fds)
    assert queued(trace, phase, "epoll_wait").empty


def test_callbacks_during_the_adds_are_left_out(tmp_path: Path) -> None:
    maker = Maker(detail="steps")
    epoll_scenes.epoll(maker, n=11, active=(3,), odd=Odd(woken=(3, 4)))
    trace, phase = recorded(maker, tmp_path)
    called = working_callbacks(trace, phase)
    assert called["fd"].tolist() == [10, 12] * 3
    early = trace.steps["ts_ns"].mask(trace.steps["kind"] == StepKind.CALLBACK, 0)
    moved = Trace(**{**vars(trace), "steps": trace.steps.assign(ts_ns=early)})
    assert working_callbacks(moved, phase).empty


def test_waits_with_what_they_returned(tmp_path: Path) -> None:
    trace, phase = asleep(tmp_path / "three")
    assert waits_of(trace, phase)["given"].tolist() == [[10]] * 3
    phase.results["ready"].pop()  # type: ignore[attr-defined]
    with pytest.raises(Undecided, match="which fds each wait of epoll-1 returned"):
        waits_of(trace, phase)


def test_nothing_is_inside_of_nothing() -> None:
    none = pd.DataFrame({"from": [], "to": []})
    assert inside(pd.Series([1, 2]), none).tolist() == [False, False]
