"""The distribution of each number of calls, by phase and family, for comparisons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from analysis.trace.missing import Flags
from analysis.windows.distribution import Distribution, Numbers
from analysis.windows.families import Key
from analysis.windows.partial import combined
from analysis.windows.recording import WINDOW, Recording
from analysis.windows.totals import SUMMED, distributions, merged
from analysis.windows.window import Window

COLUMNS: Final = (*SUMMED, "kernel_ns")
FEW: Final = 1 << 10
"""Numbers below it are counted for all groups at once."""


@dataclass(frozen=True, eq=False)
class Spreads:
    """By phase, family and column of COLUMNS: the numbers of finished calls that have one."""

    by_key: Mapping[tuple[Key, str], Distribution]

    def combine(self, later: Self, /) -> Self:
        """Return the spreads over both stretches."""
        return type(self)(merged(self.by_key, later.by_key))


NOTHING: Final = Spreads({})


def spreads_of(recording: Recording, size: int = WINDOW) -> Spreads:
    """Return the spreads over all calls of ``recording``, read in windows of ``size``."""
    return combined(map(gather_spreads, recording.windows(size)), NOTHING)


def gather_spreads(window: Window) -> Spreads:
    """Return the spreads over the calls of ``window``."""
    keys = window.groups.keys
    counts = _Counts(window)
    return Spreads(
        {
            (keys[place], column): found
            for column in COLUMNS
            for place, found in counts.spread(column).items()
        }
    )


class _Counts:
    """Counts of each number: most are small, and 0 in most calls."""

    def __init__(self, window: Window) -> None:
        self._window = window
        self._groups = window.groups
        self._returned = self._groups.counts
        self._finished: Flags | None = None
        if window.unfinished.any():
            self._finished = ~window.unfinished
            self._returned = self._groups.add(self._finished)

    def spread(self, column: str) -> dict[int, Distribution]:
        """Return the distribution of ``column`` over finished calls, by group number."""
        numbers = self._window.of_calls(column)
        if numbers.max(initial=0) >= FEW:
            return distributions(self._window, column)
        known, calls = self._known(column)
        some = np.flatnonzero(numbers != 0)
        if known is not None:
            some = some.compress(known.take(some))
        codes = self._groups.codes.take(some) * FEW + numbers.take(some)
        counts = np.bincount(codes, minlength=len(calls) * FEW).reshape(-1, FEW)
        counts[:, 0] = calls - counts.sum(axis=1)
        return {place: _of_few(counts[place]) for place in np.flatnonzero(calls).tolist()}

    def _known(self, column: str) -> tuple[Flags | None, Numbers]:
        """Return which calls returned and have ``column`` (None: all), and the count by group."""
        missing = self._window.missing.get(column)
        if missing is None:
            return self._finished, self._returned
        known = ~missing if self._finished is None else self._finished & ~missing
        return known, self._groups.add(known)


def _of_few(counts: Numbers) -> Distribution:
    """Return the distribution of the numbers from 0 on that occur ``counts`` times."""
    values = np.flatnonzero(counts)
    counts = counts[values]
    total = int(values @ counts)
    return Distribution(values, counts, False, total, int(values[0]), int(values[-1]))
