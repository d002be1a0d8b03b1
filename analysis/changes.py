"""When each of many things changed, in 8 bytes a change, since a long trace has many.

A change is a number, its moment times 2^BITS plus what the thing is from then on: so changes sort
by time, and at the same moment by what they change to.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from analysis.windows.grouping import Places, coded, order_by_code

Numbers = npt.NDArray[np.int64]

BITS: Final = 4
WHAT: Final = (1 << BITS) - 1
"""The bits of a change that hold what the thing is from then on."""


@dataclass(frozen=True, eq=False)
class Some:
    """Some changes: ``keys`` in order, each once, how many each has, and ``changes``, by key.

    Those of a key may have any order, but sort fastest if they are sorted already.
    """

    keys: Numbers
    counts: Numbers
    changes: Numbers

    @classmethod
    def of(cls, keys: Numbers, at_ns: Numbers, what: npt.NDArray[np.int8] | int) -> Self:
        """Return the changes of ``keys`` to ``what`` at ``at_ns``, in any order."""
        codes, keys = coded(keys)
        order = order_by_code(codes, len(keys))
        return cls(keys, np.bincount(codes), (at_ns << BITS | what).take(order))


@dataclass(frozen=True, eq=False)
class Changes:
    """All changes: those of ``keys[n]`` from ``starts[n]`` to ``starts[n + 1]``, in order."""

    keys: Numbers
    starts: Places
    changes: Numbers

    @classmethod
    def of(cls, parts: list[Some]) -> Self:
        """Return the changes of ``parts``, which is emptied: there is no memory for both."""
        keys = np.unique(np.concatenate([np.zeros(0, np.int64), *(part.keys for part in parts)]))
        counts = np.zeros(len(keys), np.int64)
        for part in parts:
            counts[np.searchsorted(keys, part.keys)] += part.counts
        starts = np.concatenate([[0], np.cumsum(counts)])
        changes, free = np.empty(starts[-1], np.int64), starts[:-1].copy()
        while parts:
            part = parts.pop(0)
            numbers = np.searchsorted(keys, part.keys)
            before = np.cumsum(part.counts) - part.counts
            places = np.repeat(free[numbers] - before, part.counts) + np.arange(len(part.changes))
            changes[places] = part.changes
            free[numbers] += part.counts
        for number in _unsorted(starts, changes).tolist():
            changes[starts[number] : starts[number + 1]].sort()
        return cls(keys, starts, changes)

    @property
    def some(self) -> Some:
        """All of them."""
        return Some(self.keys, np.diff(self.starts), self.changes)

    def numbers(self, keys: Numbers) -> Places:
        """Return the index of each of ``keys`` among all keys; -1: it never changed."""
        if not len(self.keys):
            return np.full(len(keys), -1)
        numbers = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return np.where(self.keys.take(numbers) == keys, numbers, -1)

    def ends(self, numbers: Places, at_ns: Numbers) -> Places:
        """Return the place after the last change of each of ``numbers`` at or before its moment."""
        return self.ends_between(self.starts[numbers], self.starts[numbers + 1], at_ns)

    def ends_between(self, first: Places, end: Places, at_ns: Numbers) -> Places:
        """Return the same, where it is known to be at least ``first`` and at most ``end``."""
        wanted = at_ns << BITS | WHAT
        while (unsure := first < end).any():
            middle = (first + end) >> 1
            later = self.changes.take(middle, mode="clip") <= wanted
            first = np.where(unsure & later, middle + 1, first)
            end = np.where(unsure & ~later, middle, end)
        return first


def _unsorted(starts: Places, changes: Numbers) -> Places:
    """Return the numbers of keys whose ``changes`` are not sorted."""
    back = np.flatnonzero(changes[1:] < changes[:-1]) + 1
    numbers = np.searchsorted(starts, back, side="right") - 1
    return np.unique(numbers[starts[numbers] != back])
