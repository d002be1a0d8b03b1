"""What concerns a whole recording, as slices of a timeline: itself, and its phases."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Any

from analysis.export.event import Event, Place, What
from analysis.export.text import storable
from analysis.frames import Trace


def recording_events(trace: Trace, track: int) -> Iterator[Event]:
    """Return the recording's slice; it says what was recorded and what was lost."""
    manifest = trace.manifest
    name = storable(trace.path.name)
    yield Event(manifest.started_ns, Place(), What.BEGIN, track, name, "recording", _about(trace))
    if manifest.ended_ns is not None:
        yield Event(manifest.ended_ns, Place(1), What.END, track)


def _about(trace: Trace) -> dict[str, Any]:
    manifest = trace.manifest
    lost = manifest.until_now.losses
    about: dict[str, Any] = {
        "kernel": f"{manifest.release} {manifest.architecture}",
        "where": manifest.where,
        "command": shlex.join(manifest.command),
        "detail": manifest.detail,
        "loader": manifest.loader,
        "state": manifest.state,
        "started_at": manifest.started_at,
        "losses": "not known, the recorder was killed" if lost is None else sum(lost.values()),
    }
    if manifest.let_go:
        about |= {"let_go_calls": manifest.let_go.calls, "let_go_steps": manifest.let_go.steps}
    about |= {f"lost_{what}": count for what, count in (lost or {}).items()}
    about |= {f"missed_runs_of_{name}": count for name, count in manifest.misses.items() if count}
    absent = [row for row in manifest.plan if row.attached is None]
    about |= {f"not_attached_{row.hook}": row.reason or "" for row in absent}
    return {
        storable(name): storable(value) if isinstance(value, str) else value
        for name, value in about.items()
    }


def phase_events(trace: Trace, track: int) -> Iterator[Event]:
    """Return a slice for each phase, from its mark to the next; the last may have no end."""
    marks = trace.recording.marks
    phases = {each.number: each for each in (trace.truth.phases if trace.truth else ())}
    inside = False
    for place, (ts_ns, number) in enumerate(zip(*marks, strict=True)):
        if inside:
            yield Event(ts_ns, Place(place), What.END, track)
        inside = number != 0
        if inside:
            there = phases.get(number)
            name = storable(there.name) if there else f"phase {number}"
            args = {"number": number}
            yield Event(ts_ns, Place(place, 1), What.BEGIN, track, name, "phase", args)
