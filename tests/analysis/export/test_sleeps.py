"""Sleeps and what ended them, from steps with a few columns."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from analysis.export.sleeps import NO_CALLBACK, sleeps
from tracer.shared.records import StepKind

CALLBACK, WAKEUP = StepKind.CALLBACK, StepKind.WAKEUP
AWAY, BACK = StepKind.SWITCH_OUT, StepKind.SWITCH_IN
SLEEPER, WAKER, IDLE = 71, 72, 0

Step = tuple[StepKind, int, int, int]
"""Kind, thread that ran, owner, and the running thread's call."""


class Sleep(NamedTuple):
    """A sleep as places in the steps, and the steps by which each of its wakeups came."""

    away: int
    back: int
    wakers: tuple[tuple[int, ...], ...]


def found(*steps: Step) -> list[Sleep]:
    rows = [(int(kind), tid, owner, seq, 0) for kind, tid, owner, seq in steps]
    slept = sleeps(*np.array(rows, np.int64).reshape(-1, 5).T)
    led = zip(slept.of.tolist(), slept.callback.tolist(), slept.wakeup.tolist(), strict=True)
    ways = [(of, (wakeup,) if callback == NO_CALLBACK else (callback, wakeup))
            for of, callback, wakeup in led]  # fmt: skip
    return [
        Sleep(away, back, tuple(way for of, way in ways if of == number))
        for number, (away, back) in enumerate(zip(slept.switch_out, slept.switch_in, strict=True))
    ]


def away(seq: int = 1) -> Step:
    return (AWAY, SLEEPER, SLEEPER, seq)


def back(seq: int = 1) -> Step:
    return (BACK, SLEEPER, SLEEPER, seq)


def test_callback_and_wakeup_lead_to_the_switch_back() -> None:
    callback, wakeup = (CALLBACK, WAKER, SLEEPER, 5), (WAKEUP, WAKER, SLEEPER, 5)
    assert found(away(), callback, wakeup, back()) == [Sleep(0, 3, ((1, 2),))]


def test_timer_wakes_without_a_callback() -> None:
    assert found(away(), (WAKEUP, IDLE, SLEEPER, 0), back()) == [Sleep(0, 2, ((1,),))]


def test_preempted_thread_needs_no_wakeup() -> None:
    assert found(away(), back()) == [Sleep(0, 1, ())]


def test_each_wakeup_counts() -> None:
    wakeup = (WAKEUP, WAKER, SLEEPER, 5)
    assert found(away(), wakeup, wakeup, back()) == [Sleep(0, 3, ((1,), (2,)))]


def test_callback_of_another_owner_or_call_or_before_something_else_led_to_nothing() -> None:
    wakeup = (WAKEUP, WAKER, SLEEPER, 5)
    others = [(CALLBACK, WAKER, 99, 5), (CALLBACK, WAKER, SLEEPER, 4), (CALLBACK, IDLE, SLEEPER, 0)]
    for other in others:
        assert found(away(), other, wakeup, back()) == [Sleep(0, 3, ((2,),))]
    fd_poll = (StepKind.FD_POLL, WAKER, WAKER, 5)
    callback = (CALLBACK, WAKER, SLEEPER, 5)
    assert found(away(), callback, fd_poll, wakeup, back()) == [Sleep(0, 4, ((3,),))]


def test_callback_outside_of_calls_may_be_long_past() -> None:
    callback, wakeup = (CALLBACK, IDLE, SLEEPER, 0), (WAKEUP, IDLE, SLEEPER, 0)
    assert found(away(), callback, wakeup, back()) == [Sleep(0, 3, ((2,),))]


def test_waking_an_awake_thread_ends_no_sleep() -> None:
    wakeup = (WAKEUP, WAKER, SLEEPER, 5)
    assert found(wakeup, away(), back(), wakeup) == [Sleep(1, 2, ())]


def test_half_a_sleep_is_no_sleep() -> None:
    wakeup = (WAKEUP, WAKER, SLEEPER, 5)
    assert found(away(), wakeup) == []
    assert found(back()) == []
    assert found(away(1), wakeup, back(2)) == []
    assert found(away(), wakeup, away(), back()) == [Sleep(2, 3, ())]


def test_sleepers_are_distinguished() -> None:
    other = 73
    steps = [away(), (AWAY, other, other, 1), (WAKEUP, SLEEPER, other, 0), (BACK, other, other, 1)]
    assert found(*steps, back()) == [Sleep(1, 3, ((2,),)), Sleep(0, 4, ())]


def test_callback_on_another_cpu_led_to_nothing() -> None:
    rows = [(AWAY, SLEEPER, SLEEPER, 1, 0), (CALLBACK, IDLE, SLEEPER, 5, 1),
            (WAKEUP, IDLE, SLEEPER, 5, 2), (BACK, SLEEPER, SLEEPER, 1, 0)]  # fmt: skip
    slept = sleeps(*np.array([tuple(map(int, row)) for row in rows]).T)
    assert (slept.wakeup.tolist(), slept.callback.tolist()) == ([2], [NO_CALLBACK])


def test_no_steps() -> None:
    assert found() == []
