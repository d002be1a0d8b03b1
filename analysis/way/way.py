"""The way of one event: what the kernel did for one call, step by step, waiter and wakers.

A trace of detail steps is needed. Told are the call's own steps and, while it lasted, what
others did to its entries and its sleep, with the system calls they were in. Terminal
(analysis.way.text) and page (analysis.page.way_html) show the same value.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from analysis.frames import Trace
from analysis.tasks import names
from analysis.way import words as way_words
from analysis.way.choice import WAITING, asked_call, chosen_call
from analysis.way.moments import moments_of
from analysis.way.parts import WAITER, Arrow, Lane, Moment, Span
from analysis.way.scene import Scene, scene_of
from analysis.way.spans import arrows_of, spans_of
from tracer.shared.errors import TraceError
from tracer.shared.say import Said, joined, say, say_n

NS_PER_US = 1000


@dataclass(frozen=True)
class Way:
    """What is shown of one call, or of some calls of one task.

    ``model`` is the family of the first waiting call, ``n`` the fds watched (0: not known).
    ``lanes[0]`` is the waiter. Moments are in order of time; spans and arrows name them by
    their places. ``left_out`` moments are not among them, before the one at ``left_out_at``
    (analysis.way.shortened).
    """

    title: str
    model: str
    n: int
    kernel: str
    trace: str
    phase: str
    lanes: tuple[Lane, ...]
    moments: tuple[Moment, ...]
    spans: tuple[Span, ...]
    arrows: tuple[Arrow, ...]
    left_out: int = 0
    left_out_at: int = 0


def way_of(trace: Trace, phase: int | None = None, call: tuple[int, int] | None = None) -> Way:
    """Return the way of one call.

    Args:
        trace: recorded with detail steps.
        phase: choose a call of this phase; any by default.
        call: (tid, seq) of the call itself.

    Raises:
        TraceError: the trace has no steps, or no call to tell of.
        UsageError: there is no such call.
    """
    _check_detail(trace)
    return way_of_calls(trace, asked_call(trace, *call) if call else chosen_call(trace, phase))


def way_of_calls(trace: Trace, told: pd.DataFrame) -> Way:
    """Return the way of ``told``: rows of finished calls of one task, in order of time.

    TraceError: the trace has no steps.
    """
    _check_detail(trace)
    scene = scene_of(trace, told)
    numbers = _lane_numbers(scene)
    moments = moments_of(scene, numbers)
    hanging = spans_of(trace.calls, scene, moments)
    phase, n = _phase(trace, int(told["phase"].iloc[0]))
    waits = told[told["family"].isin(WAITING)]
    model = str((told if waits.empty else waits)["family"].iloc[0])
    return Way(
        title=_title(told, n),
        model=model,
        n=n,
        kernel=trace.manifest.release,
        trace=trace.path.name,
        phase=phase,
        lanes=tuple(_lane(trace, scene, tid) for tid in numbers),
        moments=tuple(each.moment for each in moments),
        spans=tuple(each.span for each in hanging),
        arrows=tuple(arrows_of(scene, moments, hanging)),
    )


def _check_detail(trace: Trace) -> None:
    if trace.manifest.detail != "steps":
        raise TraceError(
            say("{path}: recorded at detail calls; record with --detail steps", path=trace.path)
        )


def _lane_numbers(scene: Scene) -> dict[int, int]:
    """Return the lanes by task: the waiter's first, wakers in the order they came."""
    tids = dict.fromkeys([scene.tid, *scene.steps["tid"].tolist()])
    return {tid: number for number, tid in enumerate(tids)}


def _lane(trace: Trace, scene: Scene, tid: int) -> Lane:
    if tid == scene.tid:
        return Lane(say("waiter {tid}", tid=_named(trace, tid)), say("the task that waits"))
    truth = trace.truth
    phases = truth.phases if truth else ()
    wakers = {phase.pid if phase.waiters else phase.waker_pid for phase in phases}
    seqs = scene.steps.loc[scene.steps["tid"] == tid, "seq"]
    return Lane(
        say("waker {tid}", tid=_named(trace, tid)), way_words.task_words(tid, seqs, tid in wakers)
    )


def _named(trace: Trace, tid: int) -> str:
    """Return a tid with the task's name, but for our workloads': there the side says it all."""
    name = names(trace.tasks).get(tid) if trace.truth is None else None
    return f"{tid} {name}" if name else str(tid)


def _phase(trace: Trace, number: int) -> tuple[str, int]:
    """Return the name of a phase and how many fds it watches; "", 0 where nothing tells."""
    phases = trace.truth.phases if trace.truth else ()
    return next(((each.name, len(each.fds)) for each in phases if each.number == number), ("", 0))


def _title(told: pd.DataFrame, n: int) -> Said:
    calls = joined(", then ", dict.fromkeys(told["family"]))
    if not n:
        return say("The timeline of one call: {calls}", calls=calls)
    return say_n(
        "The timeline of one call: {calls}, with {count} fd",
        "The timeline of one call: {calls}, with {count} fds",
        count=n,
        calls=calls,
    )


def gap_ns(way: Way, number: int) -> int | None:
    """Return how long nothing was told before a moment, if it is long: 1 ms or more."""
    if number == 0:
        return None
    gap = way.moments[number].after_ns - way.moments[number - 1].after_ns
    return gap if gap >= 1000 * NS_PER_US else None


__all__ = ["WAITER", "Way", "gap_ns", "way_of", "way_of_calls"]
