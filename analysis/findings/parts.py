"""Partial results that findings are made of: sums, the largest, how a number is spread, by key.

Each is of a stretch of a trace and combines with that of the stretch behind it
(analysis.windows.partial). A key is what a row of calls is grouped by: pid, tid, fd.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd

from analysis.windows.distribution import Distribution
from analysis.windows.partial import Partial
from analysis.windows.totals import merged

Key = tuple[int, ...]
Row = Mapping[str, int]


def rows_of(frame: pd.DataFrame) -> list[Row]:
    """Return the rows of a frame of integers, each by column."""
    columns = [(str(name), frame[name].tolist()) for name in frame]
    return [{name: values[place] for name, values in columns} for place in range(len(frame))]


@dataclass(frozen=True, eq=False)
class Sums:
    """Columns added up; ``frame`` has a row for each key, which is its index."""

    frame: pd.DataFrame

    @classmethod
    def of(cls, rows: pd.DataFrame, keys: Sequence[str], columns: Sequence[str]) -> Self:
        """Return the sums of ``columns`` of ``rows`` by ``keys``."""
        return cls(rows.groupby(list(keys))[list(columns)].sum().astype("int64"))

    def combine(self, later: Self, /) -> Self:
        """Return the sums of both stretches."""
        if self.frame.empty or later.frame.empty:
            return later if self.frame.empty else self
        both = pd.concat([self.frame, later.frame])
        return type(self)(both.groupby(level=list(range(both.index.nlevels))).sum())

    def by(self, *keys: str) -> pd.DataFrame:
        """Return the sums by some of the keys only, one row each, the keys as columns."""
        return self.frame.groupby(level=list(keys)).sum().reset_index()

    def of_key(self, *key: int) -> Row:
        """Return the sums of one key, 0 each if there is none."""
        place = key if len(key) > 1 else key[0]
        if place not in self.frame.index:
            return dict.fromkeys(map(str, self.frame), 0)
        return rows_of(self.frame.loc[[place]])[0]

    def rows(self, *keys: str) -> list[Row]:
        """Return what ``by`` does, row by row."""
        return rows_of(self.by(*keys))


@dataclass(frozen=True, eq=False)
class Largest:
    """Of each key the row that has most of ``column``; of several the first."""

    frame: pd.DataFrame
    keys: tuple[str, ...]
    column: str

    @classmethod
    def of(cls, rows: pd.DataFrame, keys: Sequence[str], column: str) -> Self:
        """Return the row of each of ``keys`` that has most of ``column``."""
        return cls(_largest(rows, keys, column), tuple(keys), column)

    def combine(self, later: Self, /) -> Self:
        """Return the largest of both stretches."""
        if self.frame.empty or later.frame.empty:
            return later if self.frame.empty else self
        both = pd.concat([self.frame, later.frame], ignore_index=True)
        return type(self)(_largest(both, self.keys, self.column), self.keys, self.column)

    def row(self, **key: int) -> Row:
        """Return the largest row of those whose keys are ``key``; there must be one."""
        rows = self.frame
        for name, value in key.items():
            rows = rows[rows[name] == value]
        return rows_of(rows.nlargest(1, self.column))[0]


def _largest(rows: pd.DataFrame, keys: Sequence[str], column: str) -> pd.DataFrame:
    return rows.loc[rows.groupby(list(keys))[column].idxmax()].reset_index(drop=True)


@dataclass(frozen=True, eq=False)
class Spreads:
    """How a number is spread, by key."""

    by_key: Mapping[Key, Distribution]

    @classmethod
    def of(cls, rows: pd.DataFrame, keys: Sequence[str], column: str) -> Self:
        """Return how ``column``, of which none is below 0, is spread by ``keys``."""
        return cls(
            {
                tuple(int(number) for number in np.atleast_1d(np.array(key))): Distribution.of(
                    group.to_numpy()
                )
                for key, group in rows.groupby(list(keys))[column]
            }
        )

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
