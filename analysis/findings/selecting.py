"""Calls of a window as frames: finished ones, of which all that is asked for is known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd

from analysis.missing import FAMILY_NAMES, Flags
from analysis.windows.window import Numbers, Window

WAITS: Final = ("select", "poll", "epoll_wait")
"""Families of calls that wait for fds."""
TRANSFERS: Final = ("read", "write", "accept", "connect", "splice")
"""Families of calls that do I/O on one fd, and may sleep for it."""


def calls(window: Window, families: Sequence[str] | None, columns: Sequence[str]) -> pd.DataFrame:
    """Return ``columns`` (int64) of the finished calls of ``families`` (None: all), in order.

    ``columns`` are those of the frames of a trace (analysis.frames); ``family`` is a place in
    ``FAMILY_NAMES``. A call that lacks one of them is left out.
    """
    chosen = ~window.unfinished
    if families is not None:
        chosen &= np.isin(window.families, [FAMILY_NAMES.index(name) for name in families])
    for column in columns:
        if column in window.missing:
            chosen &= ~window.missing[column]
    return pd.DataFrame({column: _column(window, column)[chosen] for column in columns})


def are_of(rows: pd.DataFrame, *families: str) -> Flags:
    """Return which of ``rows``, that have the column ``family``, are of ``families``."""
    codes = [FAMILY_NAMES.index(name) for name in families]
    flags: Flags = np.isin(rows["family"].to_numpy(), codes)
    return flags


def _column(window: Window, name: str) -> Numbers:
    return window.families.astype(np.int64) if name == "family" else window.column(name)
