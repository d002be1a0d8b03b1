"""A trace as a timeline: its tracks, and the events on them."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.export.call_events import call_events
from analysis.export.counters import queued_entries, ready_fds
from analysis.export.event import Events
from analysis.export.part import Part
from analysis.export.records import exported_calls
from analysis.export.step_events import step_events
from analysis.export.tracks import Track, tracks_of
from analysis.export.whole_events import phase_events, recording_events


@dataclass(frozen=True)
class TraceEvents:
    """Tracks, parents first, and events by kind, not sorted by time."""

    tracks: tuple[Track, ...]
    events: tuple[Events, ...]


def trace_events(part: Part) -> TraceEvents:
    """Return the timeline of ``part``.

    Calls are slices of category ``call``, one each. Steps are events of category ``step``, one
    each. At detail ``calls`` there are few steps, so no sleeps, flows or queued entries.
    """
    tracks = tracks_of(part)
    events = (
        recording_events(part.recording, tracks.recording),
        phase_events(part.recording, tracks.phases),
        *call_events(exported_calls(part), tracks.threads),
        *step_events(part, tracks.threads),
        *queued_entries(part.window, tracks.queued),
        ready_fds(part.window, tracks.ready),
    )
    return TraceEvents(tracks.all, events)
