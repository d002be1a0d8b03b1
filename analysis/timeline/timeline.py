"""The timeline of one call: what the kernel did for one call, step by step, waiter and wakers.

It needs a trace of detail steps. It shows the call's own steps and, while it lasted, what others
did to its entries and its sleep, with their system calls. Terminal (analysis.timeline.text) and
page (analysis.page.timeline_html) show the same value.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from analysis.frames import Trace
from analysis.tasks import names
from analysis.timeline import words as timeline_words
from analysis.timeline.choice import Wanted, chosen_call, requested_call
from analysis.timeline.excerpt import excerpt_of
from analysis.timeline.moments import moments_of
from analysis.timeline.parts import WAITER, Arrow, Lane, Moment, Span
from analysis.timeline.scene import Scene, scene_of
from analysis.timeline.spans import arrows_of, spans_of
from analysis.timeline.worth import WAITING
from analysis.windows.recording import Recorded
from tracer.shared.clock import NS_PER_MS
from tracer.shared.errors import TraceError
from tracer.shared.message import Message, joined, message, message_n


@dataclass(frozen=True)
class Timeline:
    """What is shown of one call, or of some calls of one task.

    ``model`` is the family of the first waiting call, ``n`` the fds watched (0: not known).
    ``lanes[0]`` is the waiter. Moments are in order of time; spans and arrows refer to them by
    index. ``left_out`` moments are missing before the one at ``left_out_at``
    (analysis.timeline.shortened).
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


def timeline_of(
    trace: Recorded, wanted: Wanted | None = None, call: tuple[int, int] | None = None
) -> Timeline:
    """Return the timeline of one call.

    Args:
        trace: recorded with detail steps.
        wanted: what the call must be like; by default any that waited.
        call: (tid, seq) of the call itself.

    Raises:
        TraceError: the trace has no steps, or no suitable call.
        UsageError: there is no such call.
    """
    _check_detail(trace)
    recording = trace.recording
    place = requested_call(recording, *call) if call else chosen_call(recording, wanted or Wanted())
    if isinstance(trace, Trace):
        return timeline_of_calls(trace, trace.calls.iloc[[place]])
    excerpt, place = excerpt_of(recording, place)
    return timeline_of_calls(excerpt, excerpt.calls.iloc[[place]])


def timeline_of_calls(trace: Trace, calls: pd.DataFrame) -> Timeline:
    """Return the timeline of ``calls``: rows of finished calls of one task, in order of time.

    TraceError: the trace has no steps.
    """
    _check_detail(trace)
    scene = scene_of(trace, calls)
    numbers = _lane_numbers(scene)
    moments = moments_of(scene, numbers)
    queued_now = spans_of(trace.calls, scene, moments)
    phase, n = _phase(trace, int(calls["phase"].iloc[0]))
    waits = calls[calls["family"].isin(WAITING)]
    model = str((calls if waits.empty else waits)["family"].iloc[0])
    return Timeline(
        title=_title(calls, n),
        model=model,
        n=n,
        kernel=trace.manifest.release,
        trace=trace.path.name,
        phase=phase,
        lanes=tuple(_lane(trace, scene, tid) for tid in numbers),
        moments=tuple(each.moment for each in moments),
        spans=tuple(each.span for each in queued_now),
        arrows=tuple(arrows_of(scene, moments, queued_now)),
    )


def _check_detail(trace: Recorded) -> None:
    recording = trace.recording
    if recording.manifest.detail != "steps":
        raise TraceError(
            message(
                "{path}: recorded at detail calls; record with --detail steps", path=recording.path
            )
        )


def _lane_numbers(scene: Scene) -> dict[int, int]:
    """Return the lanes by task: the waiter's first, wakers in order of appearance."""
    tids = dict.fromkeys([scene.tid, *scene.steps["tid"].tolist()])
    return {tid: number for number, tid in enumerate(tids)}


def _lane(trace: Trace, scene: Scene, tid: int) -> Lane:
    if tid == scene.tid:
        return Lane(message("waiter {tid}", tid=_named(trace, tid)), message("the task that waits"))
    truth = trace.truth
    phases = truth.phases if truth else ()
    wakers = {phase.pid if phase.waiters else phase.waker_pid for phase in phases}
    seqs = scene.steps.loc[scene.steps["tid"] == tid, "seq"]
    return Lane(
        message("waker {tid}", tid=_named(trace, tid)),
        timeline_words.task_words(tid, seqs, tid in wakers),
    )


def _named(trace: Trace, tid: int) -> str:
    """Return a tid with the task's name, except for our workloads: there the side says enough."""
    name = names(trace.tasks).get(tid) if trace.truth is None else None
    return f"{tid} {name}" if name else str(tid)


def _phase(trace: Trace, number: int) -> tuple[str, int]:
    """Return the name of a phase and how many fds it watches; "", 0 if not known."""
    phases = trace.truth.phases if trace.truth else ()
    return next(((each.name, len(each.fds)) for each in phases if each.number == number), ("", 0))


def _title(calls: pd.DataFrame, n: int) -> Message:
    families = joined(", then ", dict.fromkeys(calls["family"]))
    if not n:
        return message("The timeline of one call: {calls}", calls=families)
    return message_n(
        "The timeline of one call: {calls}, with {count} fd",
        "The timeline of one call: {calls}, with {count} fds",
        count=n,
        calls=families,
    )


def gap_ns(timeline: Timeline, number: int) -> int | None:
    """Return how long nothing happened before a moment, if it was 1 ms or more."""
    if number == 0:
        return None
    gap = timeline.moments[number].after_ns - timeline.moments[number - 1].after_ns
    return gap if gap >= NS_PER_MS else None


__all__ = ["WAITER", "Timeline", "gap_ns", "timeline_of", "timeline_of_calls"]
