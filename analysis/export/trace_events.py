"""A trace as a timeline: its tracks, and the events on them in order of time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from analysis.export.call_events import call_events
from analysis.export.counters import queued_entries, ready_fds
from analysis.export.event import Event, merged
from analysis.export.records import exported_calls
from analysis.export.step_events import step_events
from analysis.export.tracks import COUNT_READY, Track, tracks_of
from analysis.export.whole_events import phase_events, recording_events
from analysis.frames import Trace


@dataclass(frozen=True)
class TraceEvents:
    """Tracks, parents first, and events in order of time; ``events`` can be read once."""

    tracks: tuple[Track, ...]
    events: Iterator[Event]


def trace_events(trace: Trace) -> TraceEvents:
    """Return the timeline of ``trace``.

    Calls are slices of category ``call``, one each. Steps are events of category ``step``, one
    each. At detail ``calls`` there are few steps, so no sleeps, flows or entries that hang.
    """
    tracks = tracks_of(trace)
    calls = exported_calls(trace)
    waits = calls[calls["family"].isin(COUNT_READY)]
    events = merged(
        recording_events(trace, tracks.recording),
        phase_events(trace, tracks.phases),
        *call_events(calls, tracks.threads),
        step_events(trace, tracks.threads),
        queued_entries(trace, tracks.queued),
        ready_fds(waits, tracks.ready),
    )
    return TraceEvents(tracks.all, events)
