"""What of a long trace the timeline of one call is told from: a trace of that alone.

That is the steps of the call, of those who touched it meanwhile, and before it, of each entry how
it was queued last, and of each file that was polled by what fd it was known.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.frames import MOST_WHOLE, Trace, trace_from, trace_of
from analysis.windows.recording import SPREAD, Recording
from analysis.windows.window import SEQ, Window
from tracer.shared.records import StepKind

Places = npt.NDArray[np.int64]

WINDOW: Final = 1 << 17


def excerpt_of(recording: Recording, place: int) -> tuple[Trace, int]:
    """Return a trace that has what the call at ``place`` is told from, and its place there.

    A trace of at most MOST_WHOLE calls and steps is returned whole.
    """
    if recording.records <= MOST_WHOLE:
        return trace_of(recording), place
    call = recording.calls.records[place]
    tid, key = int(call["tid"]), int(call["tid"]) << 32 | int(call["seq"])
    began_ns = int(call["enter_ns"])
    first, last = _start(recording, began_ns), _end(recording, int(call["exit_ns"]))
    about = _about(recording, tid, (began_ns, int(call["exit_ns"])), (first, last))
    theirs = _keys_of(recording, about)
    calls = recording.calls_of(np.append(theirs, key)).calls
    steps = np.unique(
        np.concatenate([
            about,
            _of_calls(recording, calls, np.append(theirs, key)),
            *_history(recording, about, first, last),
        ])
    )  # fmt: skip
    keys = np.unique(np.append(_keys_of(recording, steps), key))
    calls = recording.calls_of(keys).calls
    trace = trace_from(recording, calls, recording.steps.records[steps])
    mine = (calls["tid"] == tid) & (calls["enter_ns"] == call["enter_ns"])
    return trace, int(np.flatnonzero(mine)[0])


def _start(recording: Recording, began_ns: int) -> int:
    """Return a place before the first step from then on."""
    return max(0, bisect_right(recording.steps.records["ts_ns"], began_ns) - SPREAD)


def _end(recording: Recording, until_ns: int) -> int:
    """Return the place behind the last step until then, and some more."""
    made = recording.steps.records["ts_ns"]
    return min(bisect_right(made, until_ns) + SPREAD, len(made))


def _windows(recording: Recording, first: int, end: int) -> Iterator[Window]:
    """Yield the steps ``first`` to ``end``, checked."""
    for start in range(first, end, WINDOW):
        yield recording.steps_between(start, min(start + WINDOW, end))


def _about(
    recording: Recording, tid: int, times_ns: tuple[int, int], places: tuple[int, int]
) -> Places:
    """Return the steps between two times that the task ``tid`` made, or that were made to it."""
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
    keys = np.unique(records["tid"].astype(np.int64) << 32 | records["seq"])
    return keys[(keys & SEQ) > 0]


def _of_calls(recording: Recording, calls: Any, keys: npt.NDArray[np.int64]) -> Places:
    """Return all steps of ``calls``, which have ``keys``: some began before, or went on."""
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

    Of what was before the step ``first`` that is the last of each entry.
    """
    records = recording.steps.records[about]
    polled = np.unique(records["object"][records["kind"] == StepKind.FD_POLL])
    before: dict[StepKind, pd.DataFrame] = {}
    for window in _windows(recording, 0, last):
        kinds = window.of_steps("kind")
        rows = np.flatnonzero(kinds == StepKind.FD_POLL)
        rows = rows[np.isin(window.steps["object"][rows], polled)]
        yield window.first_step + rows[window.steps["fd"][rows] >= 0]
        for kind in (StepKind.INSERTION, StepKind.REMOVAL):
            rows = np.flatnonzero(kinds == kind)
            later = rows[window.first_step + rows >= first]
            yield window.first_step + later
            rows = rows[: len(rows) - len(later)]
            places = window.first_step + rows
            found = pd.DataFrame({"entry": window.steps["entry"][rows], "place": places})
            both = pd.concat([before[kind], found]) if kind in before else found
            before[kind] = both.drop_duplicates("entry", keep="last")
    yield from (found["place"].to_numpy(np.int64) for found in before.values())
