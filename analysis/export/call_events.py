"""System calls as slices of a timeline, with everything that was counted in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from analysis.export.event import Events, What
from analysis.export.tracks import Thread, tracks_at
from analysis.export.values import Columns, Flags, Numbers, Texts, numbered, worded

BEGINS: Final = 0
ENDS: Final = 1 << 62
"""Stages of a call; its steps are between them."""

NOT_ARGS: Final = ("enter_ns", "exit_ns", "pid", "tid", "name")
"""Fields that the slice itself shows."""


def call_events(calls: Columns, threads: Mapping[Thread, int]) -> tuple[Events, Events]:
    """Return the beginnings of calls and their ends.

    Args:
        calls: as in analysis.export.records.
        threads: the track of each thread.

    An unfinished call has no end, unless its tid was reused and made another call.
    """
    track = tracks_at(threads, _values(calls, "pid"), _values(calls, "tid"))
    begins = Events(
        ts_ns=_values(calls, "enter_ns"),
        seq=_values(calls, "seq"),
        stage=BEGINS,
        what=What.BEGIN,
        track=track,
        name=_names(calls),
        category="call",
        args={name: values for name, values in calls.items() if name not in NOT_ARGS},
    )
    ended, ends_ns = _ends(calls)
    returned = np.where(_known(calls, "exit_ns"), _values(calls, "seq"), 0)[ended]
    return begins, Events(ends_ns[ended], returned, ENDS, What.END, track[ended])


def _names(calls: Columns) -> Texts:
    names = calls["name"]
    assert isinstance(names, Texts)
    known = names.places >= 0
    if known.all():
        return names
    numbers = worded(_values(calls, "syscall"), lambda number: f"system call {number}")
    places = np.where(known, names.places, len(names.texts) + numbers.places)
    return Texts(places, (*names.texts, *numbers.texts))


def _ends(calls: Columns) -> tuple[Flags, npt.NDArray[np.int64]]:
    """Return which calls end, and when each of these does."""
    known, ends_ns = _known(calls, "exit_ns"), _values(calls, "exit_ns")
    if known.all():
        return known, ends_ns
    thread = numbered(_values(calls, "pid"), _values(calls, "tid"))
    order = np.lexsort((_values(calls, "seq"), _values(calls, "enter_ns"), thread))
    here, later = order[:-1], order[1:]
    same = thread[here] == thread[later]
    next_ns = np.zeros_like(ends_ns)
    next_ns[here[same]] = _values(calls, "enter_ns")[later[same]]
    return known | (next_ns > 0), np.where(known, ends_ns, next_ns)


def _values(calls: Columns, name: str) -> npt.NDArray[Any]:
    column = calls[name]
    assert isinstance(column, Numbers)
    return column.values


def _known(calls: Columns, name: str) -> Flags:
    column = calls[name]
    assert isinstance(column, Numbers)
    return np.ones(len(column.values), bool) if column.known is None else column.known
