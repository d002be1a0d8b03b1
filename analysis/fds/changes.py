"""When each of many things changed, in 8 bytes a change and its code: a long trace has many.

A change is a number: its moment times 2^BITS plus its sort, so changes sort by time, and at the
same moment by sort. Its code is what the thing is from then on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt

from analysis.windows.grouping import Places, coded, order_by_code

Numbers = npt.NDArray[np.int64]
Codes = npt.NDArray[Any]

BITS: Final = 2
SORT: Final = (1 << BITS) - 1
"""The bits of a change that hold its sort."""
LATEST: Final = (1 << 63 - BITS) - 1
"""The latest moment that a change can have; later ones count as this one."""


@dataclass(frozen=True, eq=False)
class Some:
    """Some changes: ``keys`` in order, each once, how many each has, and ``changes``, by key.

    Those of a key may have any order, but sort fastest if they are sorted already.
    """

    keys: Numbers
    counts: Numbers
    changes: Numbers
    codes: Codes

    @classmethod
    def of(cls, keys: Numbers, at_ns: Numbers, sort: npt.NDArray[Any] | int, codes: Codes) -> Self:
        """Return the changes of ``keys`` at ``at_ns`` to ``codes``, in any order."""
        by_key, keys = coded(keys)
        order = order_by_code(by_key, len(keys))
        changes = np.minimum(at_ns, LATEST) << BITS | sort
        return cls(keys, np.bincount(by_key), changes.take(order), codes.take(order))


@dataclass(frozen=True, eq=False)
class Changes:
    """All changes: those of ``keys[n]`` from ``starts[n]`` to ``starts[n + 1]``, in order."""

    keys: Numbers
    starts: Places
    changes: Numbers
    codes: Codes

    @classmethod
    def of(cls, parts: list[Some]) -> Self:
        """Return the changes of ``parts``, at least one; emptied: there is no memory for both."""
        keys = np.unique(np.concatenate([part.keys for part in parts]))
        counts = np.zeros(len(keys), np.int64)
        for part in parts:
            counts[np.searchsorted(keys, part.keys)] += part.counts
        starts = np.concatenate([[0], np.cumsum(counts)])
        changes, free = np.empty(starts[-1], np.int64), starts[:-1].copy()
        codes = np.empty(len(changes), parts[0].codes.dtype)
        while parts:
            part = parts.pop(0)
            numbers = np.searchsorted(keys, part.keys)
            before = np.cumsum(part.counts) - part.counts
            places = np.repeat(free[numbers] - before, part.counts) + np.arange(len(part.changes))
            changes[places], codes[places] = part.changes, part.codes
            free[numbers] += part.counts
        for number in _unsorted(starts, changes).tolist():
            mine = slice(starts[number], starts[number + 1])
            order = np.argsort(changes[mine], kind="stable")
            changes[mine], codes[mine] = changes[mine][order], codes[mine][order]
        return cls(keys, starts, changes, codes)

    @property
    def some(self) -> Some:
        """All of them."""
        return Some(self.keys, np.diff(self.starts), self.changes, self.codes)

    def numbers(self, keys: Numbers) -> Places:
        """Return the index of each of ``keys`` among all keys; -1: it never changed."""
        if not len(self.keys):
            return np.full(len(keys), -1)
        numbers = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return np.where(self.keys.take(numbers) == keys, numbers, -1)

    def at(self, keys: Numbers, at_ns: Numbers, none: int) -> Codes:
        """Return the code of each of ``keys`` at its moment, ``none`` before its first change."""
        numbers = self.numbers(keys)
        known = np.flatnonzero(numbers >= 0)
        found = np.full(len(keys), none, self.codes.dtype)
        if len(known):
            numbers = numbers.take(known)
            ends = self._ends_of_most(numbers, at_ns.take(known))
            codes = self.codes.take(ends - 1, mode="clip")
            found[known] = np.where(ends > self.starts.take(numbers), codes, none)
        return found

    def ends(self, numbers: Places, at_ns: Numbers) -> Places:
        """Return the end of the changes of ``numbers`` up to their moments, these included."""
        return self._ends_between(self.starts[numbers], self.starts[numbers + 1], at_ns)

    def _ends_of_most(self, numbers: Places, at_ns: Numbers) -> Places:
        """Return ``ends``; most keys do not change between the first moment and the last."""
        asked = np.flatnonzero(np.bincount(numbers))
        first, end = np.zeros((2, len(self.keys)), np.intp)
        for ends, moment in ((first, at_ns.min()), (end, at_ns.max())):
            ends[asked] = self.ends(asked, np.full(len(asked), moment))
        here = first.take(numbers)
        apart = np.flatnonzero(here != end.take(numbers))
        here[apart] = self._ends_between(here[apart], end[numbers[apart]], at_ns[apart])
        return here

    def _ends_between(self, first: Places, end: Places, at_ns: Numbers) -> Places:
        """Return ``ends``, known to be from ``first`` on, and ``end`` at most."""
        wanted = np.minimum(at_ns, LATEST) << BITS | SORT
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
