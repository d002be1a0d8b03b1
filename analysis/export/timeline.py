"""A trace as a timeline: its tracks, and the events on them in order of time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from analysis.export.call_events import call_events
from analysis.export.counters import hung_entries, ready_fds
from analysis.export.event import Event, merged
from analysis.export.records import exported_calls
from analysis.export.step_events import step_events
from analysis.export.tracks import COUNT_READY, Track, tracks_of
from analysis.export.whole_events import phase_events, recording_events
from analysis.frames import Trace
from tracer.shared.errors import TraceError
from tracer.shared.say import say

MOST_PID: Final = 1 << 22
"""PID_MAX_LIMIT (include/linux/threads.h)."""


@dataclass(frozen=True)
class Timeline:
    """Tracks, parents first, and events in order of time; ``events`` can be read once."""

    tracks: tuple[Track, ...]
    events: Iterator[Event]


def timeline(trace: Trace) -> Timeline:
    """Return the timeline of ``trace``.

    Calls are slices of category ``call``, one each. Steps are events of category ``step``, one
    each. At detail ``calls`` there are few steps, so no sleeps, flows or entries that hang.

    Raises:
        TraceError: a time or a thread's number is none that a kernel has.
    """
    _check(trace)
    tracks = tracks_of(trace)
    calls = exported_calls(trace)
    waits = calls[calls["family"].isin(COUNT_READY)]
    events = merged(
        recording_events(trace, tracks.recording),
        phase_events(trace, tracks.phases),
        *call_events(calls, tracks.threads),
        step_events(trace, tracks.threads),
        hung_entries(trace, tracks.hung),
        ready_fds(waits, tracks.ready),
    )
    return Timeline(tracks.all, events)


def _check(trace: Trace) -> None:
    calls, steps = trace.calls, trace.steps
    times = (calls["enter_ns"], calls["exit_ns"], calls["wall_ns"], steps["ts_ns"])
    numbers = [frame[name] for frame in (calls, steps) for name in ("pid", "tid")]
    if any((time < 0).any() for time in times) or any((n > MOST_PID).any() for n in numbers):
        raise TraceError(
            say(
                "{path}: found times or thread numbers that no kernel has; needed whole "
                "records: record again",
                path=trace.path,
            )
        )
