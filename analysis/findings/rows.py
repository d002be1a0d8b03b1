"""Rows with columns of whole numbers, of which a column is taken when it is asked for.

Rules select and select again from the calls of a window, and ask for few columns of what they get:
so a selection is a list of places, and what rows have in common is found out once for all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Protocol, overload

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.windows.grouping import order_by_code

Values = npt.NDArray[Any]
Numbers = npt.NDArray[np.int64]
Places = npt.NDArray[np.intp]
Flags = npt.NDArray[np.bool_]

ROOM: Final = 1 << 16
"""Groups that numbers are kept for whether or not there is a row in each, at least."""


@dataclass(frozen=True, eq=False)
class Groups:
    """Rows by their keys: the code of each, below ``size``, and what the keys of a code are.

    Not every code need be that of a row.
    """

    codes: Places
    size: int
    keys_of: Callable[[Places], Numbers]

    def at(self, places: Places) -> Groups:
        """Return the groups of the rows at ``places``."""
        return Groups(self.codes[places], self.size, self.keys_of)

    @cached_property
    def counts(self) -> Numbers:
        """How many rows there are of each code."""
        return np.bincount(self.codes, minlength=self.size)

    @cached_property
    def there(self) -> Places:
        """The codes that rows have, in order."""
        return np.flatnonzero(self.counts)

    @cached_property
    def order(self) -> Places:
        """The rows group by group, those of one in their order."""
        if len(self.there) < 2:
            return np.arange(len(self.codes))
        return order_by_code(self.codes, self.size)

    @cached_property
    def ends(self) -> Places:
        """Where each group that is ``there`` ends in ``order``."""
        return np.cumsum(self.counts[self.there])

    @cached_property
    def starts(self) -> Places:
        """Where each group that is ``there`` begins in ``order``."""
        return self.ends - self.counts[self.there]

    def split(self, values: Values) -> list[Values]:
        """Return the ``values``, one of each row, group by group."""
        return np.split(values[self.order], self.ends[:-1]) if len(self.there) else []


class Source(Protocol):
    """What rows are of: all columns of all rows there are."""

    def at(self, name: str, places: Places | None) -> Values:
        """Return the column ``name`` at ``places``, None: all of it."""

    def coded(self, name: str) -> tuple[Places, Values]:
        """Return the code of each number of a column, and the number by code."""

    def groups_of(self, keys: tuple[str, ...]) -> Groups | None:
        """Return the rows by ``keys`` if that is known or to be known here."""


class Rows:
    """Rows of ``names``, which are int64, or flags: those of ``source`` at ``places``, None: all.

    ``rows["fd"]`` is a column; ``rows[rows["fd"] >= 0]`` are those rows.
    """

    def __init__(
        self, names: Sequence[str], source: Source, count: int, places: Places | None = None
    ) -> None:
        """Take nothing yet; there are ``count`` rows."""
        self.names = tuple(names)
        self._source, self._count, self._places = source, count, places
        self._columns: dict[str, Values] = {}
        self._coded: dict[str, tuple[Places, Values]] = {}
        self._groups: dict[tuple[str, ...], Groups] = {}

    @classmethod
    def of(cls, columns: Mapping[str, Values]) -> Rows:
        """Return the rows that have these ``columns``, at least one, all of one length."""
        return cls(tuple(columns), _Arrays(columns), len(next(iter(columns.values()))))

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, what: str) -> Values: ...
    @overload
    def __getitem__(self, what: Values) -> Rows: ...
    def __getitem__(self, what: str | Values) -> Values | Rows:
        if not isinstance(what, str):
            places = np.flatnonzero(what) if what.dtype == bool else what
            if what.dtype == bool and len(places) == self._count:
                return self
            return Rows(self.names, self, len(places), places)
        if what not in self._columns:
            if what not in self.names:
                raise KeyError(what)
            self._columns[what] = self._source.at(what, self._places)
        return self._columns[what]

    def assign(self, **columns: Values | int) -> Rows:
        """Return the rows with these ``columns`` too, or instead; a number is that of all rows."""
        whole = {name: self._whole(each) for name, each in columns.items()}
        names = dict.fromkeys((*self.names, *whole))
        return Rows(tuple(names), _Assigned(self, whole), self._count)

    def _whole(self, column: Values | int) -> Values:
        if isinstance(column, int):
            return np.broadcast_to(np.int64(column), self._count)
        if len(column) != self._count:
            raise ValueError(f"a column of {len(column)} for {self._count} rows")
        return np.asarray(column)

    def kept(self) -> Rows:
        """Return the rows by themselves, so that what they were selected from can go."""
        return Rows.of({name: np.array(self[name]) for name in self.names})

    def joined(self, later: Rows) -> Rows:
        """Return both, ``later`` behind these; they have the same columns."""
        if not len(self) or not len(later):
            return self if len(self) else later
        return Rows.of({name: np.concatenate([self[name], later[name]]) for name in self.names})

    def frame(self) -> pd.DataFrame:
        """Return the rows as a frame of pandas."""
        return pd.DataFrame({name: self[name] for name in self.names})

    def groups(self, *keys: str) -> Groups:
        """Return the rows by ``keys``."""
        if keys not in self._groups:
            found = self._source.groups_of(keys)
            if found is None:
                found = _grouped(keys, self.coded)
            elif self._places is not None:
                found = found.at(self._places)
            self._groups[keys] = found
        return self._groups[keys]

    def at(self, name: str, places: Places | None) -> Values:
        """Return the column ``name`` at ``places``, None: all of it."""
        if places is None or name in self._columns:
            return self[name] if places is None else self[name][places]
        if self._places is not None:
            places = self._places[places]
        return self._source.at(name, places)

    def coded(self, name: str) -> tuple[Places, Values]:
        """Return the code of each number of a column, and the number by code."""
        if name not in self._coded:
            codes, values = self._source.coded(name)
            self._coded[name] = codes if self._places is None else codes[self._places], values
        return self._coded[name]

    def groups_of(self, keys: tuple[str, ...]) -> Groups:
        """Return the rows by ``keys``."""
        return self.groups(*keys)


class _Arrays:
    def __init__(self, columns: Mapping[str, Values]) -> None:
        self._columns = columns

    def at(self, name: str, places: Places | None) -> Values:
        column = self._columns[name]
        return column if places is None else column[places]

    def coded(self, name: str) -> tuple[Places, Values]:
        return pd.factorize(self._columns[name])

    def groups_of(self, keys: tuple[str, ...]) -> None:
        return None


class _Assigned:
    def __init__(self, rows: Rows, columns: Mapping[str, Values]) -> None:
        self._rows, self._own, self._columns = rows, _Arrays(columns), columns

    def at(self, name: str, places: Places | None) -> Values:
        return (self._own if name in self._columns else self._rows).at(name, places)

    def coded(self, name: str) -> tuple[Places, Values]:
        return (self._own if name in self._columns else self._rows).coded(name)

    def groups_of(self, keys: tuple[str, ...]) -> Groups | None:
        return None if set(keys) & self._columns.keys() else self._rows.groups(*keys)


def _grouped(keys: tuple[str, ...], coded: Callable[[str], tuple[Places, Values]]) -> Groups:
    codes, values = coded(keys[0])
    first = values.astype(np.int64)
    found = Groups(codes, len(first), lambda chosen: first[chosen][:, None])
    for key in keys[1:]:
        more, values = coded(key)
        found = _finer(found, more, values.astype(np.int64))
    return found


def _finer(groups: Groups, codes: Places, values: Numbers) -> Groups:
    """Return ``groups`` by one key more, of which rows have ``codes``."""
    both, size = groups.codes * len(values) + codes, groups.size * len(values)

    def keys_of(chosen: Places) -> Numbers:
        before, here = np.divmod(chosen, max(1, len(values)))
        return np.column_stack([groups.keys_of(before), values[here]])

    if size <= max(ROOM, 4 * len(both)):
        return Groups(both, size, keys_of)
    dense, kept = pd.factorize(both)
    return Groups(dense, len(kept), lambda chosen: keys_of(kept[chosen]))
