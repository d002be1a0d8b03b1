"""The state of epoll instances, in hand-made traces."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from analysis.frames import Trace, read_trace
from analysis.trace.instances import between, ended_ns, has, states_of, was_listed, was_queued
from tests.analysis.handmade import WAITER, WAKER, Maker
from tracer.shared.records import ListState, StepKind

ENTRY, INSTANCE = 0xFFFF_8880_0000_1000, 0xFFFF_8880_0000_2000


def state(maker: Maker, hook: str, what: ListState, **fields: int) -> None:
    maker.step(StepKind.INSTANCE, hook=hook, object=INSTANCE, value=int(what), **fields)


@pytest.fixture
def trace(tmp_path: Path) -> Trace:
    """A waiter falls asleep on the instance; a callback lists its fd, another lists nothing."""
    maker = Maker(detail="steps")
    state(maker, "sched_switch", ListState.SLEEPER, owner_tid=WAITER)
    for what in (ListState.READY | ListState.LISTED, ListState(0)):
        maker.step(StepKind.CALLBACK, hook="ep_poll_callback", entry=ENTRY, tid=WAKER)
        state(maker, "ep_poll_callback_done", what, entry=ENTRY, tid=WAKER)
    return read_trace(maker.write(tmp_path))


def callbacks(trace: Trace) -> list[pd.Series]:
    steps = trace.steps[trace.steps["kind"] == StepKind.CALLBACK]
    return [step for _, step in steps.iterrows()]


def test_who_was_on_the_queue(trace: Trace) -> None:
    states = states_of(trace.steps)
    assert was_queued(states, WAITER) is True
    assert was_queued(states, WAKER) is False
    assert was_queued(between(states, 0, 1), WAITER) is None, "nothing was read then"


def test_what_a_callback_has_listed(trace: Trace) -> None:
    states = states_of(trace.steps)
    first, second = callbacks(trace)
    assert was_listed(states, first) is True
    assert was_listed(states, second) is False
    assert was_listed(states.head(0), first) is None
    assert list(has(states, ListState.READY)) == [False, True, False]


def test_when_a_callback_had_ended(trace: Trace) -> None:
    states = states_of(trace.steps)
    first, second = callbacks(trace)
    ended = [ended_ns(states, each) for each in (first, second)]
    assert ended == list(states["ts_ns"].iloc[1:])
    assert ended_ns(states.head(0), first) is None
