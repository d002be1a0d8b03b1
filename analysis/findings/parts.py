"""Partial results that findings are made from: sums, the largest row, distributions, by key.

Each covers a stretch of a trace and combines with that of the next stretch
(analysis.windows.partial). A key is what a row of calls is grouped by: pid, tid, fd.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
import pandas as pd

from analysis.findings.rows import Flags, Rows
from analysis.windows.distribution import Distribution
from analysis.windows.grouping import Groups, Numbers, Places, Values, sums_by_code
from analysis.windows.partial import Partial
from analysis.windows.totals import merged

Key = tuple[int, ...]
Row = Mapping[str, int]


def rows_of(frame: pd.DataFrame) -> list[Row]:
    """Return the rows of a frame of integers, each by column."""
    columns = [(str(name), frame[name].tolist()) for name in frame]
    return [{name: values[place] for name, values in columns} for place in range(len(frame))]


def by_key(table: Numbers) -> tuple[Places, Places]:
    """Return the rows of ``table`` in order, and where in that order each new one begins.

    Equal rows keep their order.
    """
    order = np.lexsort(table.T[::-1])
    ordered = table[order]
    new = np.ones(len(table), bool)
    new[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    return order, np.flatnonzero(new)


def places_in(table: Numbers, wanted: Numbers) -> Places:
    """Return where in ``table``, whose rows are unique, each ``wanted`` row is; -1: nowhere."""
    order, starts = by_key(np.concatenate([table, wanted]))
    first = np.repeat(order[starts], np.diff(starts, append=len(order)))
    found = np.empty(len(order), np.intp)
    found[order] = np.where(first < len(table), first, -1)
    return found[len(table) :]


@dataclass(frozen=True, eq=False)
class Sums:
    """``columns`` added up: ``table`` has the ``keys`` in order, each once, ``sums`` their sums."""

    keys: tuple[str, ...]
    columns: tuple[str, ...]
    table: Numbers
    sums: Numbers

    @classmethod
    def of(cls, rows: Rows, keys: Sequence[str], columns: Sequence[str]) -> Self:
        """Return the sums of ``columns`` of ``rows`` by ``keys``."""
        if not len(rows):
            table, sums = (np.zeros((0, len(each)), np.int64) for each in (keys, columns))
            return cls(tuple(keys), tuple(columns), table, sums)
        groups = rows.groups(*keys)
        sums = np.empty((groups.size, len(columns)), np.int64)
        for place, name in enumerate(columns):
            sums[:, place] = _added(rows[name], groups.codes, groups.counts)
        return cls(tuple(keys), tuple(columns), groups.keys, sums.take(groups.present, axis=0))

    def combine(self, later: Self, /) -> Self:
        """Return the sums of both stretches."""
        if not len(later.table):
            return self
        if np.array_equal(self.table, later.table):
            return type(self)(self.keys, self.columns, self.table, self.sums + later.sums)
        table = np.concatenate([self.table, later.table])
        order, starts = by_key(table)
        sums = np.concatenate([self.sums, later.sums])[order]
        return type(self)(
            self.keys, self.columns, table[order[starts]], np.add.reduceat(sums, starts)
        )

    def where(self, flags: Flags) -> Self:
        """Return the sums of the keys that have a flag."""
        if flags.all():
            return self
        return type(self)(self.keys, self.columns, self.table[flags], self.sums[flags])

    @cached_property
    def frame(self) -> pd.DataFrame:
        """The sums as a frame, with the keys as its index."""
        names = list(self.keys)
        if len(names) > 1:
            index: pd.Index = pd.MultiIndex.from_arrays(list(self.table.T), names=names)
        else:
            index = pd.Index(self.table[:, 0], name=names[0])
        return pd.DataFrame(self.sums, index, list(self.columns))

    def by(self, *keys: str) -> pd.DataFrame:
        """Return the sums by some of the keys only, one row each, the keys as columns."""
        return self.frame.groupby(level=list(keys)).sum().reset_index()

    def of_key(self, *key: int) -> Row:
        """Return the sums of one key, 0 each if there is none."""
        place = key if len(key) > 1 else key[0]
        if place not in self.frame.index:
            return dict.fromkeys(self.columns, 0)
        return rows_of(self.frame.loc[[place]])[0]

    def rows(self, *keys: str) -> list[Row]:
        """Return what ``by`` does, row by row."""
        return rows_of(self.by(*keys))


def _added(values: Values, codes: Places, counts: Numbers) -> Numbers:
    """Return the sum of ``values`` by their ``codes``, of which there are ``counts``."""
    if values.strides == (0,):  # one number for all
        return counts * int(values[0])
    return sums_by_code(codes, len(counts), values)


@dataclass(frozen=True, eq=False)
class Largest:
    """For each key the row with the largest ``column``; of several the first.

    ``table`` holds these rows, ordered by ``keys``; ``names`` are its columns.
    """

    names: tuple[str, ...]
    table: Numbers
    keys: tuple[str, ...]
    column: str

    @classmethod
    def of(cls, rows: Rows, keys: Sequence[str], column: str) -> Self:
        """Return for each of ``keys`` the row with the largest ``column``."""
        table = np.zeros((0, len(rows.names)), np.int64)
        if len(rows):
            chosen = rows[_first_largest(rows.groups(*keys), rows[column])]
            table = np.column_stack([chosen[name] for name in rows.names])
        return cls(rows.names, table, tuple(keys), column)

    def combine(self, later: Self, /) -> Self:
        """Return the largest of both stretches."""
        if not len(later.table):
            return self
        places = [self.names.index(key) for key in self.keys]
        ours, theirs = (each.table[:, places] for each in (self, later))
        place = self.names.index(self.column)
        if np.array_equal(ours, theirs):
            more = later.table[:, place] > self.table[:, place]
            return self._with(np.where(more[:, None], later.table, self.table))
        table = np.concatenate([self.table, later.table])
        order, starts = by_key(np.concatenate([ours, theirs]))
        values = table[order, place]
        ends = np.append(starts[1:], len(order)) - 1  # a key is there once or twice
        chosen = np.where(values[ends] > values[starts], ends, starts)
        return self._with(table[order[chosen]])

    def _with(self, table: Numbers) -> Self:
        return type(self)(self.names, table, self.keys, self.column)

    @cached_property
    def frame(self) -> pd.DataFrame:
        """The rows as a frame, in order of their keys."""
        return pd.DataFrame(self.table, columns=list(self.names))

    def row(self, **key: int) -> Row:
        """Return the largest row of those whose keys are ``key``; there must be one."""
        rows = self.frame
        for name, value in key.items():
            rows = rows[rows[name] == value]
        return rows_of(rows.nlargest(1, self.column))[0]


def _first_largest(groups: Groups, values: Values) -> Places:
    """Return for each group that occurs its first row with the largest value."""
    if len(groups.present) == 1:
        return np.array([values.argmax()])
    most = np.full(groups.size, np.iinfo(np.int64).min)
    np.maximum.at(most, groups.codes, values)
    those = (values == most.take(groups.codes)).nonzero()[0]
    first = np.empty(groups.size, np.intp)
    first[groups.codes[those[::-1]]] = those[::-1]
    return first[groups.present]


@dataclass(frozen=True, eq=False)
class Spreads:
    """How a number is spread, by key."""

    by_key: Mapping[Key, Distribution]

    @classmethod
    def of(cls, rows: Rows, keys: Sequence[str], column: str) -> Self:
        """Return how ``column``, of which none is below 0, is spread by ``keys``."""
        groups = rows.groups(*keys)
        parts = groups.split(rows[column])
        pairs = zip(groups.keys.tolist(), parts, strict=True)
        return cls({tuple(key): Distribution.of(part) for key, part in pairs})

    def combine(self, later: Self, /) -> Self:
        """Return how the numbers of both stretches are spread."""
        return type(self)(merged(self.by_key, later.by_key))


@dataclass(frozen=True, eq=False)
class Parts:
    """Several partial results by name."""

    by_name: Mapping[str, Partial]

    def combine(self, later: Self, /) -> Self:
        """Return those of both stretches."""
        return type(self)(merged(self.by_name, later.by_name))

    def sums(self, name: str) -> Sums:
        """Return the sums called ``name``."""
        found = self.by_name[name]
        assert isinstance(found, Sums)
        return found

    def largest(self, name: str) -> Largest:
        """Return the largest rows called ``name``."""
        found = self.by_name[name]
        assert isinstance(found, Largest)
        return found

    def spreads(self, name: str) -> Spreads:
        """Return the spreads called ``name``."""
        found = self.by_name[name]
        assert isinstance(found, Spreads)
        return found
