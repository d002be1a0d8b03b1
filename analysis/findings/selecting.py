"""Selects a window's finished calls whose requested values are all known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from analysis.findings.rows import Rows
from analysis.trace.missing import FAMILY_NAMES, Flags
from analysis.windows.grouping import Groups, Places, Values, among
from analysis.windows.window import Window

WAITS: Final = ("select", "poll", "epoll_wait")
"""Families of calls that wait for fds."""
TRANSFERS: Final = ("read", "write", "accept", "connect", "splice")
"""Families of calls that do I/O on one fd, and may sleep for it."""
UNKNOWN: Final = -1
"""The value of an optional column that is missing."""


def calls(
    window: Window,
    families: Sequence[str] | None,
    columns: Sequence[str],
    optional: Sequence[str] = (),
    only: Flags | None = None,
) -> Rows:
    """Return ``columns`` (int64) of the finished calls of ``families`` (None: all), in order.

    ``columns`` are those of the frames of a trace (analysis.frames); ``family`` is a place in
    ``FAMILY_NAMES`` (uint8). A call that lacks one of them is left out; one that lacks a column of
    ``optional`` has UNKNOWN there. ``only`` has a flag for each call of the window: calls
    without it are left out.
    """
    lacking = tuple(name for name in columns if name in window.missing_in_finished)
    chosen = window.once(
        ("calls", families, frozenset(lacking)), lambda: _chosen(window, families, lacking)
    )
    rows = chosen.only(*dict.fromkeys((*columns, *optional)))
    if only is None:
        return rows
    return rows[only if chosen.places is None else only.take(chosen.places)]


def _chosen(window: Window, families: Sequence[str] | None, lacking: Sequence[str]) -> Rows:
    """Return the finished calls of ``families`` that have all columns of ``lacking``."""
    chosen = ~window.unfinished
    if families is not None:
        chosen &= window.are(*families)
    for column in lacking:
        chosen &= ~window.missing[column]
    places = np.flatnonzero(chosen)
    names = (*(window.calls.dtype.names or ()), "family", "wall_ns", "kernel_ns")
    return Rows(names, _Calls(window), len(places), None if len(places) == len(chosen) else places)


@dataclass(frozen=True)
class _Calls:
    """The calls of a window as a source of rows: UNKNOWN where a column is missing."""

    window: Window

    @property
    def whole(self) -> int:
        """How many calls there are."""
        return len(self.window.calls)

    def at(self, name: str, places: Places | None) -> Values:
        """Return the column ``name`` of the calls at ``places``, None: of all."""
        if name == "family":
            families = self.window.families
            return families if places is None else families.take(places)
        found = self.window.column(name, places)
        missing = self.window.missing.get(name)
        if missing is None:
            return found
        return np.where(missing if places is None else missing.take(places), UNKNOWN, found)

    def groups_of(self, keys: tuple[str, ...], *, few: bool) -> Groups | None:
        """Return the calls by ``keys``: not just for a ``few`` of them."""
        return None if few and not self.window.is_grouped(*keys) else self.window.grouped(*keys)


def are_of(rows: Rows, *families: str) -> Flags:
    """Return which of ``rows``, that have the column ``family``, are of ``families``."""
    return among(rows["family"], map(FAMILY_NAMES.index, families))
