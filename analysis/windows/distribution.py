"""The distribution of a number over calls, in bounded memory: exact while its values are few.

Up to ``MOST_VALUES`` different values are kept, each with its count. Beyond that all are rounded to
8 significant bits, an error of at most 1/256: values below 256 do not change, and in 64 bits there
are no more than 7,300 such values. Whether they are rounded depends only on the values, never on
the windows they came in. Count, sum, least and most are always exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int64]

MOST_VALUES: Final = 4096
"""How many different values are kept exactly."""
BITS: Final = 7
"""How many bits after the first a rounded value keeps."""
EXPONENT: Final = 1023 << BITS
"""What the code of 1.0 begins with (IEEE 754, double precision)."""
MANTISSA: Final = 52
LOW: Final = (1 << 15) - 1
"""Low bits by which a sample mostly shows that numbers have many values."""
MOST_SPAN: Final = 1 << 20
"""Widest range of values that is counted in an array with an element for each."""


@dataclass(frozen=True, eq=False)
class Distribution:
    """``values`` in order and the count of each; ``rounded``: they are rounded.

    ``total`` is the sum of all before rounding; ``least`` and ``most`` likewise.
    """

    values: Numbers
    counts: Numbers
    rounded: bool
    total: int
    least: int
    most: int

    @classmethod
    def of(cls, numbers: Numbers) -> Self:
        """Return the distribution of ``numbers``, at least one and none below 0."""
        least, most = int(numbers.min()), int(numbers.max())
        many = len(numbers) > 2 * MOST_VALUES and _different(numbers[: 2 * MOST_VALUES])
        if many:
            values, counts = _rounded(numbers, None)
        else:
            values, counts = _counted(numbers, least, most)
        if not many and len(values) > MOST_VALUES:
            many, (values, counts) = True, _rounded(values, counts)
        return cls(values, counts, bool(many), _total(numbers, most), least, most)

    def combine(self, later: Self, /) -> Self:
        """Return the distribution of the numbers of both."""
        rounded = self.rounded or later.rounded
        sides = [x.pair if x.rounded >= rounded else _rounded(*x.pair) for x in (self, later)]
        values, counts = _added(*sides)
        if not rounded and len(values) > MOST_VALUES:
            rounded, (values, counts) = True, _rounded(values, counts)
        return type(self)(
            values,
            counts,
            rounded,
            self.total + later.total,
            min(self.least, later.least),
            max(self.most, later.most),
        )

    @property
    def pair(self) -> tuple[Numbers, Numbers]:
        """The values and their counts."""
        return self.values, self.counts

    @property
    def count(self) -> int:
        """How many numbers there are."""
        return int(self.counts.sum())

    @property
    def mean(self) -> float:
        """Their mean, exact even if they are rounded."""
        return self.total / self.count

    @property
    def powers(self) -> dict[int, int]:
        """How many are from 2^n on and below 2^(n+1), by n, in order; 0 and 1 are at 0."""
        places = np.frexp(np.maximum(self.values, 1))[1] - 1
        sums = np.zeros(64, np.int64)
        np.add.at(sums, places, self.counts)
        return {place: int(sums[place]) for place in np.flatnonzero(sums).tolist()}

    def quantile(self, share: float) -> float:
        """Return the number below which ``share`` (0 to 1) of them are.

        Linear between two; within 1/256 if they are rounded.
        """
        place = (self.count - 1) * share
        below = int(place)
        first, second = self._ranked(below), self._ranked(min(below + 1, self.count - 1))
        return first + (second - first) * (place - below)

    def _ranked(self, rank: int) -> float:
        """Return the number that has ``rank`` others before it in order."""
        if rank in (0, self.count - 1):
            return self.most if rank else self.least
        return float(self.values[np.searchsorted(np.cumsum(self.counts), rank, side="right")])


def _different(numbers: Numbers) -> bool:
    """Tell whether ``numbers`` have more different values than are kept exactly."""
    if np.count_nonzero(np.bincount(numbers & LOW)) > MOST_VALUES:  # by their last bits alone
        return True
    return bool(np.count_nonzero(np.diff(np.sort(numbers))) >= MOST_VALUES)


def _total(numbers: Numbers, most: int) -> int:
    if most < 1 << 40:  # at most 2^22 numbers: no sum exceeds 63 bits
        return int(numbers.sum())
    return (int((numbers >> 32).sum()) << 32) + int((numbers & 0xFFFF_FFFF).sum())


def _counted(numbers: Numbers, least: int, most: int) -> tuple[Numbers, Numbers]:
    if most - least >= min(MOST_SPAN, 64 * len(numbers)):
        values, counts = np.unique(numbers, return_counts=True)
        return values, counts.astype(np.int64)
    by_value = np.bincount(numbers - least)
    there = np.flatnonzero(by_value != 0)
    return there + least, by_value[there].astype(np.int64)


def _rounded(numbers: Numbers, counts: Numbers | None) -> tuple[Numbers, Numbers]:
    """Return ``numbers``, each with its count, rounded to the middle of their buckets."""
    codes = numbers.astype(np.float64).view(np.int64)
    codes >>= MANTISSA - BITS
    codes -= EXPONENT - 1
    np.maximum(codes, 0, out=codes)  # 0 for 0, from 1 on for 1 and up
    weighed = np.bincount(codes, counts)  # exact: no count reaches 2^53
    there = np.flatnonzero(weighed != 0)
    return _middles(there), weighed[there].astype(np.int64)


def _middles(codes: Numbers) -> Numbers:
    bottoms = (codes - 1 + EXPONENT << (MANTISSA - BITS)).view(np.float64).astype(np.int64)
    widths = np.int64(1) << np.maximum((codes - 1 >> BITS) - BITS, 0)
    return np.where(codes == 0, 0, bottoms + (widths >> 1))


def _added(one: tuple[Numbers, Numbers], other: tuple[Numbers, Numbers]) -> tuple[Numbers, Numbers]:
    place = np.minimum(np.searchsorted(one[0], other[0]), len(one[0]) - 1)
    if (one[0][place] == other[0]).all():  # most values are known early on
        counts = one[1].copy()
        counts[place] += other[1]
        return one[0], counts
    values, place = np.unique(np.concatenate([one[0], other[0]]), return_inverse=True)
    counts = np.zeros(len(values), np.int64)
    np.add.at(counts, place, np.concatenate([one[1], other[1]]))
    return values, counts
