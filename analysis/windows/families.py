"""The calls of a window by phase and family, as reports show them and claims ask for them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from analysis.trace.missing import FAMILY_NAMES, Codes, Flags
from analysis.windows.grouping import coded, dense, order_by_code

Numbers = npt.NDArray[np.int64]
SOME: Final = 64
"""Size of a first sample: most columns are all 0, or have many numbers."""
HALF: Final = 32
"""Bits of half a word."""
LOWER: Final = (1 << HALF) - 1
Key = tuple[int, str]
"""A group of calls: the number of the phase that they began in (0: none), and their family."""


@dataclass(frozen=True, eq=False)
class Families:
    """Calls by phase and family: ``keys``, the key of each call, and the calls per key."""

    keys: tuple[Key, ...]
    codes: npt.NDArray[np.intp]
    counts: Numbers

    @classmethod
    def of(cls, phases: Numbers, families: Codes) -> Families:
        """Return the calls that began in ``phases`` (0: none) and belong to ``families``."""
        place, numbers = coded(phases)
        width = len(FAMILY_NAMES)
        codes, used = dense(place * width + families, len(numbers) * width)
        pairs = (divmod(each, width) for each in used.tolist())
        keys = tuple((int(numbers[phase]), FAMILY_NAMES[family]) for phase, family in pairs)
        return cls(keys, codes, np.bincount(codes, minlength=len(keys)))

    @cached_property
    def starts(self) -> Numbers:
        """Where the calls of each key begin in ``order``."""
        return np.cumsum(self.counts) - self.counts

    @cached_property
    def order(self) -> npt.NDArray[np.intp]:
        """The places of the calls, group by group, in the order of ``keys``."""
        return order_by_code(self.codes, len(self.keys))

    def add(self, numbers: npt.NDArray[Any]) -> Numbers:
        """Return the sum of ``numbers``, one per call, in each group."""
        if not (numbers[:SOME].any() or numbers.any()):
            return np.zeros(len(self.keys), np.int64)
        return np.add.reduceat(numbers.take(self.order), self.starts, dtype=np.int64)

    def add_halves(self, words: npt.NDArray[np.uint64]) -> Numbers | None:
        """Return the sums of the lower and of the upper half of ``words``, a row for each group.

        Both in one pass. None: a sum may not fit into a half.
        """
        some = int(np.bitwise_or.reduce(words))  # no half exceeds its bits
        if not some:
            return np.zeros((len(self.keys), 2), np.int64)
        if max(some & LOWER, some >> HALF) * len(words) > LOWER:
            return None
        sums = np.add.reduceat(words.take(self.order), self.starts)
        return np.column_stack([sums & np.uint64(LOWER), sums >> np.uint64(HALF)]).astype(np.int64)

    def split(self, numbers: Numbers, chosen: Flags | None = None) -> list[Numbers]:
        """Return the ``numbers`` of each group's calls: only those ``chosen``; None: all."""
        order, starts = self.order, self.starts
        if chosen is not None:
            kept = np.flatnonzero(chosen.take(order))
            order, starts = order.take(kept), np.searchsorted(kept, starts)
        return np.split(numbers.take(order), starts[1:])
