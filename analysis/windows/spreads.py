"""How each number of a call is spread, by phase and family: what a comparison needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

from analysis.windows.distribution import Distribution
from analysis.windows.families import Key
from analysis.windows.partial import combined
from analysis.windows.recording import WINDOW, Recording
from analysis.windows.totals import SUMMED, distributions, merged
from analysis.windows.window import Window

COLUMNS: Final = (*SUMMED, "kernel_ns")


@dataclass(frozen=True, eq=False)
class Spreads:
    """By phase, family and column of COLUMNS: the numbers of calls that returned and have one."""

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
    return Spreads(
        {
            (keys[place], column): found
            for column in COLUMNS
            for place, found in distributions(window, column).items()
        }
    )
