"""Finds a thread's call by its number among all calls of a trace."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from analysis.windows.recording import Recording

AT_ONCE: Final = 1 << 15
"""How many calls are searched at a time."""


def stretch_of(recording: Recording, tid: int, seq: int) -> tuple[int, int]:
    """Return places between which call ``seq`` of task ``tid`` is, if it exists.

    A thread's calls are numbered as they begin and written as they return, in the same order except
    for calls of signal handlers. So a binary search finds the call.
    """
    first, end = 0, len(recording.calls.records)
    while end - first > AT_ONCE:
        middle = (first + end) // 2
        place, number = next(_made(recording, tid, middle, end), (end, seq + 1))
        if number <= seq:
            first = place
        if number >= seq:
            end = min(end, place + 1 if number == seq else middle)
        if place == first and number == seq:
            break
    return max(first - AT_ONCE, 0), end + AT_ONCE


def _made(recording: Recording, tid: int, first: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield place and number of the first call of ``tid`` in each AT_ONCE of calls that has one."""
    for start in range(first, end, AT_ONCE):
        calls = recording.calls.records[start : min(start + AT_ONCE, end)]
        rows = np.flatnonzero(calls["tid"] == tid)
        if len(rows):
            yield start + int(rows[0]), int(calls["seq"][rows[0]])
        recording.calls.forget(start, start + len(calls))
