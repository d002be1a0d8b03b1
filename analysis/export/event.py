"""The events of a timeline, whatever format it is written in."""

from __future__ import annotations

import enum
import heapq
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd

CHUNK: Final = 10_000
"""Rows of a frame that are turned into Python values at a time."""


class What(enum.Enum):
    """What an event does to its track."""

    BEGIN = "begin"
    END = "end"
    INSTANT = "instant"
    COUNT = "count"


class Place(NamedTuple):
    """Where an event stands among those of one time on one track: by call, then by stage."""

    seq: int = 0
    stage: int = 0


class Event(NamedTuple):
    """One event.

    Attributes:
        ts_ns: boot clock.
        place: orders events of one time.
        category: ``call``, ``step``, ``phase`` or ``recording``; empty for ends and counts.
        args: what else is known of it; numbers and texts.
        flows: numbers of the flows that begin at it or pass through it.
        ends: numbers of the flows that end at it.
        value: what a counter has from now on.
    """

    ts_ns: int
    place: Place
    what: What
    track: int
    name: str = ""
    category: str = ""
    args: Mapping[str, Any] = {}
    flows: tuple[int, ...] = ()
    ends: tuple[int, ...] = ()
    value: int = 0


def merged(*sources: Iterator[Event]) -> Iterator[Event]:
    """Return the events of all ``sources`` in order of time; each source must be in that order."""
    return heapq.merge(*sources, key=lambda event: (event.ts_ns, event.place))


def rows(frame: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Return the rows of ``frame`` one by one, without what is null."""
    names = [str(name) for name in frame]
    for start in range(0, len(frame), CHUNK):
        part = frame.iloc[start : start + CHUNK]
        for values in zip(*(_plain(part[name]) for name in part), strict=True):
            yield {
                name: value for name, value in zip(names, values, strict=True) if value is not None
            }


def _plain(column: pd.Series[Any]) -> list[Any]:
    """Return the values of ``column`` as Python's, None for what is null."""
    if isinstance(column.dtype, np.dtype):
        return column.tolist()
    values: list[Any] = column.array.to_numpy(object, na_value=None).tolist()
    return values
