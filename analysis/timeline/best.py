"""The calls most worth seeing, collected from one window to the next."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from analysis.timeline.worth import Worth
from analysis.trace.missing import Flags
from analysis.windows.window import Window

KEY: Final = "key"
"""The column with the key that calls have in common that are alike (Worth.keys)."""


class First:
    """The first of the calls that are alike, highest rank first; at most ``most``.

    A call like one that did not make it ranks no higher and comes later, so it cannot either: most
    windows only add to counts.
    """

    def __init__(self, most: int, *, empty: bool, highest: int) -> None:
        """Begin with no call; ``empty``: take only calls that returned nothing.

        No call ranks above ``highest``.
        """
        self._most, self._empty, self._highest = most, empty, highest
        self._rows = pd.DataFrame()
        self._numbers: dict[int, int] = {}
        self._alike = np.zeros(0, np.int64)

    def may_be(self, window: Window, chosen: Flags) -> Flags:
        """Return which of the ``chosen`` calls could be among the best."""
        return chosen

    def add(self, calls: Worth) -> None:
        """Add ``calls``, which are later than all calls before."""
        calls = calls.firsts
        if self._empty:
            calls = calls[calls.empty]
        numbers = np.array([self._numbers.get(key, -1) for key in calls.keys.tolist()], np.intp)
        known = numbers >= 0
        self._alike[numbers[known]] += calls.alike[known]
        new = ~known
        if len(self._numbers) == self._most:
            new &= calls.ranks > int(self._rows["rank"].iloc[-1])
        if new.any():
            rows = calls[new].frame.assign(**{KEY: calls.keys[new]})
            if len(self._rows):
                rows = pd.concat([self._rows.assign(alike=self._alike), rows])
            rows = rows.sort_values(["rank", "place"], ascending=[False, True]).head(self._most)
            self._rows, self._alike = rows, rows["alike"].to_numpy(np.int64, copy=True)
            self._numbers = {key: number for number, key in enumerate(rows[KEY].tolist())}

    @property
    def rows(self) -> pd.DataFrame:
        """The best calls so far, the best first (Worth.frame)."""
        return self._rows.assign(alike=self._alike).drop(columns=KEY, errors="ignore")

    @property
    def is_sure(self) -> bool:
        """Whether no later call can change the result."""
        return (
            self._most == 1 and len(self._rows) > 0 and self._rows["rank"].iloc[0] == self._highest
        )


class Slowest:
    """The calls that took longest in the kernel, if that is known; at most ``most``."""

    is_sure: Final = False

    def __init__(self, most: int, *, empty: bool) -> None:
        """Begin with no call; ``empty``: take only calls that returned nothing."""
        self._most, self._empty = most, empty
        self.rows = pd.DataFrame()

    def may_be(self, window: Window, chosen: Flags) -> Flags:
        """Return which of the ``chosen`` calls could be among the best."""
        if len(self.rows) < self._most:
            return chosen
        slower: Flags = window.of_calls("kernel_ns") > int(self.rows["kernel_ns"].min())
        return slower & chosen

    def add(self, calls: Worth) -> None:
        """Add ``calls``, which are later than all calls before."""
        if self._empty:
            calls = calls[calls.empty]
        found = calls.frame
        found = pd.concat([self.rows, found[found["kernel_ns"] >= 0]])
        if not found.empty:
            self.rows = found.nlargest(self._most, "kernel_ns")
