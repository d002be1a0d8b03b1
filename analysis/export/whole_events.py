"""What concerns a whole recording, as slices of a timeline: the recording and its phases."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Any

import numpy as np

from analysis.export.event import Events, What
from analysis.export.text import storable
from analysis.export.values import NO_TEXT, Numbers, Texts, Values, spelled
from analysis.windows.recording import Recording


def recording_events(recording: Recording, track: int) -> Events:
    """Return the recording's slice; it says what was recorded and what was lost."""
    manifest = recording.manifest
    times = [manifest.started_ns]
    if manifest.ended_ns is not None:
        times.append(manifest.ended_ns)
    first = np.where(np.arange(len(times)) == 0, 0, NO_TEXT)
    return Events(
        ts_ns=np.array(times),
        seq=np.arange(len(times)),
        stage=0,
        what=np.array([What.BEGIN, What.END])[: len(times)],
        track=np.full(len(times), track),
        name=Texts(first, (storable(recording.path.name),)),
        category="recording",
        args={arg: _first(value, len(times)) for arg, value in _about(recording).items()},
    )


def _first(value: str | int, count: int) -> Values:
    """Return a column of ``count`` rows, of which only the first has a value."""
    first = np.arange(count) == 0
    if isinstance(value, str):
        return Texts(np.where(first, 0, NO_TEXT), (value,))
    return Numbers(np.full(count, value), first)


def _about(recording: Recording) -> dict[str, Any]:
    manifest = recording.manifest
    lost = manifest.until_now.losses
    about: dict[str, Any] = {
        "kernel": f"{manifest.release} {manifest.architecture}",
        "where": manifest.where,
        "command": shlex.join(manifest.command),
        "detail": manifest.detail,
        "loader": manifest.loader,
        "state": manifest.state,
        "started_at": manifest.started_at,
        "losses": "unknown: the recorder was killed" if lost is None else sum(lost.values()),
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


def phase_events(recording: Recording, track: int) -> Events:
    """Return a slice for each phase, from its mark to the next; the last may have no end."""
    phases = {each.number: each for each in (recording.truth.phases if recording.truth else ())}
    rows: list[tuple[int, int, What, int]] = []
    inside = False
    for place, (ts_ns, number) in enumerate(zip(*recording.marks, strict=True)):
        if inside:
            rows.append((ts_ns, place, What.END, number))
        inside = number != 0
        if inside:
            rows.append((ts_ns, place, What.BEGIN, number))
    times, places, what, numbers = (np.array(each, np.int64) for each in _columns(rows))
    begins = what == What.BEGIN
    names = [storable(phases[n].name) if n in phases else f"phase {n}" for n in numbers.tolist()]
    words = [name if begin else None for name, begin in zip(names, begins.tolist(), strict=True)]
    return Events(
        ts_ns=times,
        seq=places,
        stage=begins,  # after the end of the previous phase
        what=what,
        track=np.full(len(rows), track),
        name=spelled(np.arange(len(rows)), words),
        category="phase",
        args={"number": Numbers(numbers, begins)},
    )


def _columns(rows: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return list(zip(*rows, strict=True)) or [()] * 4
