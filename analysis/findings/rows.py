"""Rows with integer columns, each of which is extracted only when asked for.

Rules select and select again from the calls of a window, and ask for few columns of what they get:
so a selection is a list of places, and what rows have in common is found out once for all of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Protocol, overload

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.windows.grouping import Groups, Places, Values, grouped

Flags = npt.NDArray[np.bool_]

FEW: Final = 8
"""Rows that are less than one in so many of those they are of are grouped by themselves."""


class Source(Protocol):
    """What rows are of: all columns of all rows there are."""

    @property
    def whole(self) -> int:
        """How many rows there are that all of these were selected from."""

    def at(self, name: str, places: Places | None) -> Values:
        """Return the column ``name`` at ``places``, None: all of it."""

    def groups_of(self, keys: tuple[str, ...], *, few: bool) -> Groups | None:
        """Return the rows by ``keys`` if that is known here, or worth to be known.

        ``few`` of them are asked about: for these it is worth nothing.
        """


class Rows:
    """Rows of ``names``, whole numbers or flags: those of ``source`` at ``places``, None: all.

    ``rows["fd"]`` is a column; ``rows[rows["fd"] >= 0]`` are those rows.
    """

    def __init__(
        self, names: Sequence[str], source: Source, count: int, places: Places | None = None
    ) -> None:
        """Take nothing yet; there are ``count`` rows."""
        self.names = tuple(names)
        self._source, self._count, self._places = source, count, places
        self._columns: dict[str, Values] = {}
        self._groups: dict[tuple[str, ...], Groups] = {}

    @classmethod
    def of(cls, columns: Mapping[str, Values]) -> Rows:
        """Return the rows that have these ``columns``, at least one, all of one length."""
        return cls(tuple(columns), _Arrays(columns), len(next(iter(columns.values()))))

    def __len__(self) -> int:
        return self._count

    @property
    def whole(self) -> int:
        """How many rows there are that these were selected from, in the end."""
        return self._source.whole

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
            known = self.groups_of(keys, few=FEW * len(self) < self.whole)
            self._groups[keys] = known or grouped([self[key] for key in keys])
        return self._groups[keys]

    def at(self, name: str, places: Places | None) -> Values:
        """Return the column ``name`` at ``places``, None: all of it."""
        if places is None or name in self._columns:
            return self[name] if places is None else self[name].take(places)
        if self._places is not None:
            places = self._places.take(places)
        return self._source.at(name, places)

    def groups_of(self, keys: tuple[str, ...], *, few: bool) -> Groups | None:
        """Return the rows by ``keys`` if that is known of them, or of what they were taken from."""
        if keys in self._groups:
            return self._groups[keys]
        found = self._source.groups_of(keys, few=few)
        if found is None or self._places is None:
            return found
        self._groups[keys] = found.at(self._places)
        return self._groups[keys]


class _Arrays:
    def __init__(self, columns: Mapping[str, Values]) -> None:
        self._columns = columns

    @property
    def whole(self) -> int:
        return len(next(iter(self._columns.values())))

    def at(self, name: str, places: Places | None) -> Values:
        column = self._columns[name]
        if places is None:
            return column
        if column.strides == (0,):  # one number for all
            return np.broadcast_to(column[:1], len(places))
        return column.take(places)

    def groups_of(self, keys: tuple[str, ...], *, few: bool) -> None:
        return None


class _Assigned:
    def __init__(self, rows: Rows, columns: Mapping[str, Values]) -> None:
        self._rows, self._own, self._columns = rows, _Arrays(columns), columns

    @property
    def whole(self) -> int:
        return self._rows.whole

    def at(self, name: str, places: Places | None) -> Values:
        return (self._own if name in self._columns else self._rows).at(name, places)

    def groups_of(self, keys: tuple[str, ...], *, few: bool) -> Groups | None:
        own = set(keys) & self._columns.keys()
        return None if own else self._rows.groups_of(keys, few=few)
