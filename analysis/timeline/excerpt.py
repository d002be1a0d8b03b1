"""The part of a trace from which the timeline of one call is made.

That is the steps of the call, of the tasks that touched it meanwhile, and from before it, for each
entry how it was last queued, and for each polled file its fd.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.frames import MOST_WHOLE, Trace, trace_from
from analysis.timeline.lasts import lasts_before
from analysis.trace.spools import Records
from analysis.windows.recording import SPREAD, Recording
from analysis.windows.window import SEQ, Window, call_keys
from tracer.shared.errors import TraceError
from tracer.shared.records import StepKind

Places = npt.NDArray[np.int64]

WINDOW: Final = 1 << 17
NOWHERE: Final = np.zeros(0, np.int64)


def excerpt_of(recording: Recording, place: int) -> tuple[Trace, int]:
    """Return a trace with what the timeline of the call at ``place`` needs, and its place there.

    A short trace is checked completely: what a report refuses is refused here too.
    """
    if recording.records <= MOST_WHOLE:
        recording.calls.checked()
        recording.steps.checked()
    call = recording.calls.records[place]
    tid, key = int(call["tid"]), int(call["tid"]) << 32 | int(call["seq"])
    began_ns = int(call["enter_ns"])
    first, last = _start(recording, began_ns), _end(recording, int(call["exit_ns"]))
    about = _about(recording, tid, (began_ns, int(call["exit_ns"])), (first, last))
    theirs = np.append(_keys_of(recording, about), key)
    since = np.full(len(theirs), began_ns, np.uint64)
    calls = recording.calls_made(theirs, since).calls
    steps = np.unique(
        np.concatenate([
            about,
            _of_calls(recording, calls),
            *_history(recording, about, first, last),
        ])
    )  # fmt: skip
    records = _checked(recording, steps)
    inside = records["seq"] > 0
    keys = np.append(call_keys(records[inside]), key)
    since = np.append(records["ts_ns"][inside], np.uint64(began_ns))
    calls = recording.calls_made(keys, since).calls
    trace = trace_from(recording, calls, records)
    mine = (calls["tid"] == tid) & (calls["enter_ns"] == call["enter_ns"])
    return trace, int(np.flatnonzero(mine)[0])


def _start(recording: Recording, began_ns: int) -> int:
    """Return a place before the first step at or after that time."""
    return max(0, bisect_right(recording.steps.records["ts_ns"], began_ns) - SPREAD)


def _end(recording: Recording, until_ns: int) -> int:
    """Return a place some way after the last step until that time."""
    made = recording.steps.records["ts_ns"]
    return min(bisect_right(made, until_ns) + SPREAD, len(made))


def _windows(recording: Recording, first: int, end: int) -> Iterator[Window]:
    """Yield the steps ``first`` to ``end``, to search for a few, which are then checked."""
    for start in range(first, end, WINDOW):
        until = min(start + WINDOW, end)
        steps = recording.steps.records[start:until]
        yield replace(recording.no_window, steps=steps, first_step=start)
        recording.steps.forget(start, until)


def _checked(recording: Recording, places: Places) -> Records:
    """Return the steps at ``places``. TraceError: one cannot be a recorder's."""
    records = recording.steps.records[places]
    try:
        recording.steps.check(records, 0)
    except TraceError:
        for place in places.tolist():  # to say which it is
            recording.steps.checked(place, place + 1)
        raise
    return records


def _about(
    recording: Recording, tid: int, times_ns: tuple[int, int], places: tuple[int, int]
) -> Places:
    """Return the steps between two times that are by or about the task ``tid``."""
    began_ns, ended_ns = times_ns
    found = [
        window.first_step
        + np.flatnonzero(
            (window.of_steps("ts_ns") >= began_ns)
            & (window.of_steps("ts_ns") <= ended_ns)
            & ((window.of_steps("tid") == tid) | (window.of_steps("owner_tid") == tid))
        )
        for window in _windows(recording, *places)
    ]
    return np.concatenate([np.zeros(0, np.int64), *found])


def _keys_of(recording: Recording, steps: Places) -> npt.NDArray[np.int64]:
    """Return the calls in which ``steps`` were made (analysis.windows.window.call_keys)."""
    records = recording.steps.records[steps]
    keys = np.unique(call_keys(records))
    return keys[(keys & SEQ) > 0]


def _of_calls(recording: Recording, calls: Records) -> Places:
    """Return all steps of ``calls``: some began earlier, or ended later."""
    parts = [np.zeros(0, np.int64)]
    for call in calls[calls["exit_ns"] > 0]:
        first = _start(recording, int(call["enter_ns"]))
        for window in _windows(recording, first, _end(recording, int(call["exit_ns"]))):
            own = window.of_steps("tid") == call["tid"]
            rows = np.flatnonzero(own & (window.of_steps("seq") == call["seq"]))
            parts.append(window.first_step + rows)
    return np.concatenate(parts)


def _history(recording: Recording, about: Places, first: int, last: int) -> Iterator[Places]:
    """Yield where each polled file had an fd, and where entries were queued and removed.

    From before the step ``first`` that is the last for each file and each entry.
    """
    records = recording.steps.records[about]
    polled = np.unique(records["object"][records["kind"] == StepKind.FD_POLL])
    before = {kind: _Last() for kind in (StepKind.FD_POLL, StepKind.INSERTION, StepKind.REMOVAL)}
    start, places = lasts_before(recording, first)
    earlier = replace(recording.no_window, steps=recording.steps.records[places])
    for kind, known in before.items():
        rows, keys = _of_kind(earlier, kind, polled)
        known.add(keys, places[rows])
    for window in _windows(recording, start, last):
        early = min(max(first - window.first_step, 0), len(window.steps))
        for kind, known in before.items():
            rows, keys = _of_kind(window, kind, polled)
            cut = int(np.searchsorted(rows, early))
            known.add(keys[:cut], window.first_step + rows[:cut])
            yield window.first_step + rows[cut:]
    yield from (known.places for known in before.values())


def _of_kind(
    window: Window, kind: StepKind, files: npt.NDArray[np.uint64]
) -> tuple[Places, npt.NDArray[Any]]:
    """Return the steps of ``kind``, only polls of ``files``, and what identifies their object."""
    if kind == StepKind.FD_POLL:
        return _polls(window, files)
    rows = np.flatnonzero(window.of_steps("kind") == kind)
    return rows, window.steps["entry"][rows]


def _polls(window: Window, files: npt.NDArray[np.uint64]) -> tuple[Places, Places]:
    """Return the polls of ``files`` by an fd, and a number for process and file of each."""
    rows = np.flatnonzero(window.of_steps("kind") == StepKind.FD_POLL) if len(files) else NOWHERE
    rows = rows[window.steps["fd"][rows] >= 0]
    objects = window.steps["object"][rows]
    number = np.searchsorted(files, objects)
    theirs = files[np.minimum(number, max(len(files) - 1, 0))] == objects if len(rows) else rows > 0
    rows = rows[theirs]
    return rows, number[theirs] << 32 | window.steps["pid"][rows]


class _Last:
    """The place of the last step of each key, for steps added in order."""

    def __init__(self) -> None:
        self._keys: npt.NDArray[Any] = NOWHERE
        self.places = NOWHERE

    def add(self, keys: npt.NDArray[Any], places: Places) -> None:
        """Add steps, which come after those added before."""
        if len(keys):
            keys = np.concatenate([self._keys.astype(keys.dtype), keys])
            last = ~pd.Series(keys).duplicated(keep="last").to_numpy()
            self._keys, self.places = keys[last], np.concatenate([self.places, places])[last]
