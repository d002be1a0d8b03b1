"""Groups rows by key: keys get codes, from which orders, counts and sums are computed.

Keys are small numbers close together (pids, tids, fds), so codes are found by counting rather than
by hashing, which takes several times as long.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

Values = npt.NDArray[Any]
Numbers = npt.NDArray[np.int64]
Places = npt.NDArray[np.intp]

_NARROW: Final = ((1 << 8, np.uint8), (1 << 16, np.uint16))
"""So many codes fit in so many bits, by which NumPy sorts by radix: several times as fast."""
_FEW: Final = 1 << 12
"""A range up to this width is counted however few the values are."""
_NEAR: Final = 1 << 8
"""In a range up to this width each number has a code, present or not."""
_MOST_SEARCHED: Final = 4
"""Up to so many codes, each is searched for, which is faster than sorting."""


@dataclass(frozen=True, eq=False)
class Groups:
    """Rows by their keys: the code of each row, and ``table``, the keys of each code, in order.

    A code may have no row.
    """

    codes: Places
    table: Numbers

    def at(self, places: Places) -> Groups:
        """Return the groups of the rows at ``places``."""
        return Groups(self.codes.take(places), self.table)

    @property
    def size(self) -> int:
        """How many codes there are."""
        return len(self.table)

    @cached_property
    def counts(self) -> Numbers:
        """How many rows each code has."""
        return np.bincount(self.codes, minlength=self.size)

    @cached_property
    def present(self) -> Places:
        """The codes that have rows, in order."""
        return np.flatnonzero(self.counts != 0)

    @property
    def keys(self) -> Numbers:
        """The keys of the rows, each once and in order."""
        return self.table.take(self.present, axis=0)

    @cached_property
    def order(self) -> Places:
        """The rows group by group, each group's in order."""
        if len(self.present) < 2:
            return np.arange(len(self.codes))
        return order_by_code(self.codes, self.size)

    @cached_property
    def lengths(self) -> Numbers:
        """How many rows each group that is ``present`` has."""
        return self.counts.take(self.present)

    @cached_property
    def ends(self) -> Places:
        """Where each group that is ``present`` ends in ``order``."""
        return np.cumsum(self.lengths)

    @cached_property
    def starts(self) -> Places:
        """Where each group that is ``present`` begins in ``order``."""
        return self.ends - self.lengths

    @property
    def last(self) -> Places:
        """The last row of each group that is ``present``."""
        places = np.empty(self.size, np.intp)
        places[self.codes] = np.arange(len(self.codes))  # the last one written stays
        return places.take(self.present)

    def split(self, values: Values) -> list[Values]:
        """Return the ``values``, one per row, group by group."""
        return np.split(values.take(self.order), self.ends[:-1]) if len(self.present) else []


def grouped(columns: Sequence[Values]) -> Groups:
    """Return rows grouped by their values in ``columns``, of which there is at least one."""
    codes, values = coded(columns[0])
    table = values[:, None]
    for column in columns[1:]:
        more, values = coded(column)
        width = max(1, len(values))
        codes, used = codes * width + more, np.arange(len(table) * width)
        if len(used) > _NEAR:
            codes, used = dense(codes, len(used))
        before, here = np.divmod(used, width)
        table = np.column_stack([table.take(before, axis=0), values.take(here)])
    return Groups(codes, table)


def coded(values: Values) -> tuple[Places, Numbers]:
    """Return the code of each of ``values``, from 0 on, and the value of each code, in order."""
    if not len(values):
        return np.zeros(0, np.intp), np.zeros(0, np.int64)
    least, most = int(values.min()), int(values.max())
    span = most - least + 1
    if span == 1:
        return np.zeros(len(values), np.intp), np.full(1, least)
    if span <= max(_FEW, len(values)):
        codes = np.subtract(values, least, dtype=np.intp)
        used = np.arange(span)
        if span > _NEAR:
            codes, used = dense(codes, span)
        return codes, used + least
    codes, used = pd.factorize(values, sort=True)
    return codes, used.astype(np.int64)


def dense(codes: Places, size: int) -> tuple[Places, Places]:
    """Return ``codes``, below ``size``, renumbered without gaps, and the original ones."""
    if size > max(_FEW, len(codes)):
        return pd.factorize(codes, sort=True)
    used = np.flatnonzero(np.bincount(codes, minlength=size) != 0)
    if len(used) == size:
        return codes, used
    number = np.zeros(size, np.intp)
    number[used] = np.arange(len(used))
    return number.take(codes), used


def among(values: Values, few: Iterable[int]) -> npt.NDArray[np.bool_]:
    """Return which of ``values`` are among ``few``: np.isin, in a tenth of the time."""
    flags = np.zeros(len(values), bool)
    for each in few:
        flags |= values == each
    return flags


def order_by_code(codes: Places, count: int) -> Places:
    """Return the places of ``codes``, below ``count``, sorted by code; the sort is stable."""
    if count <= _MOST_SEARCHED:
        none = np.zeros(0, np.intp)
        return np.concatenate([none, *(np.flatnonzero(codes == code) for code in range(count))])
    narrow = next((narrow for most, narrow in _NARROW if count <= most), np.intp)
    return np.argsort(codes.astype(narrow, copy=False), kind="stable")


def last_of(flags: npt.NDArray[np.bool_]) -> Places:
    """Return for each place the last place up to it whose flag is set; -1: none."""
    places = np.arange(1, len(flags) + 1) * flags
    np.maximum.accumulate(places, out=places)
    places -= 1
    return places


def sums_by_code(codes: Places, count: int, numbers: Values) -> Numbers:
    """Return by code, below ``count``, the exact sum of ``numbers``, one per code in ``codes``."""
    if count == 1:
        return np.array([numbers.sum(dtype=np.int64)])
    if numbers.dtype == bool:
        return np.bincount(codes.take(np.flatnonzero(numbers)), minlength=count)
    sums = np.zeros(count, np.int64)
    some = np.count_nonzero(numbers)
    if 2 * some > len(numbers):
        np.add.at(sums, codes, numbers.astype(np.int64, copy=False))
        return sums
    there = np.flatnonzero(numbers != 0) if some else np.zeros(0, np.intp)
    np.add.at(sums, codes.take(there), numbers.take(there).astype(np.int64))
    return sums
