"""Calls of a window as frames: finished ones, of which all that is asked for is known."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import numpy as np
import pandas as pd

from analysis.missing import FAMILY_NAMES, Flags
from analysis.windows.window import Numbers, Window

WAITS: Final = ("select", "poll", "epoll_wait")
"""Families of calls that wait for fds."""
TRANSFERS: Final = ("read", "write", "accept", "connect", "splice")
"""Families of calls that do I/O on one fd, and may sleep for it."""
UNKNOWN: Final = -1
"""Stands where an optional column is missing."""


def calls(
    window: Window,
    families: Sequence[str] | None,
    columns: Sequence[str],
    optional: Sequence[str] = (),
) -> pd.DataFrame:
    """Return ``columns`` (int64) of the finished calls of ``families`` (None: all), in order.

    ``columns`` are those of the frames of a trace (analysis.frames); ``family`` is a place in
    ``FAMILY_NAMES``. A call that lacks one of them is left out; one that lacks a column of
    ``optional`` has UNKNOWN there.
    """
    chosen = ~window.unfinished
    if families is not None:
        chosen &= _are(*families)[window.families]
    for column in columns:
        if column in window.missing:
            chosen &= ~window.missing[column]
    places = np.flatnonzero(chosen)
    found = {column: _column(window, column)[places] for column in (*columns, *optional)}
    for column in optional:
        if column in window.missing:
            found[column][window.missing[column][places]] = UNKNOWN
    return pd.DataFrame(found, copy=False)


def are_of(rows: pd.DataFrame, *families: str) -> Flags:
    """Return which of ``rows``, that have the column ``family``, are of ``families``."""
    flags: Flags = _are(*families)[rows["family"].to_numpy()]
    return flags


@lru_cache
def _are(*families: str) -> Flags:
    """Return by the code of a family whether it is one of ``families``."""
    return np.isin(np.array(FAMILY_NAMES), families)


@lru_cache(maxsize=32)
def _column(window: Window, name: str) -> Numbers:
    """Return a column of ``window``; kept for the next rule, since each asks for most of them."""
    return window.families.astype(np.int64) if name == "family" else window.column(name)
