"""Rows with integer columns, each of which is extracted only when asked for.

Rules make selections of selections from the calls of a window, and use few columns of the result:
so a selection is a list of places, and groupings are computed once for all of them.
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
"""Selections with fewer than one row in so many of their source are grouped by themselves."""


class Source(Protocol):
    """The source of rows: all columns of all rows."""

    @property
    def whole(self) -> int:
        """How many rows the source has."""

    def at(self, name: str, places: Places | None) -> Values:
        """Return the column ``name`` at ``places``; None: all of it."""

    def groups_of(self, keys: tuple[str, ...], *, few: bool) -> Groups | None:
        """Return the rows grouped by ``keys`` if that is known here, or worth computing.

        ``few``: only few of them are needed, for which it is not worth it.
        """


class Rows:
    """Rows of integer or bool columns ``names``: those of ``source`` at ``places``; None: all.

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
        """How many rows the ultimate source has."""
        return self._source.whole

    @property
    def places(self) -> Places | None:
        """The places of the rows in their source; None: they are all of it."""
        return self._places

    @overload
    def __getitem__(self, what: str) -> Values: ...
    @overload
    def __getitem__(self, what: Values) -> Rows: ...
    def __getitem__(self, what: str | Values) -> Values | Rows:
        if not isinstance(what, str):
            if what.dtype == bool and what.all():
                return self
            places = what.nonzero()[0] if what.dtype == bool else what
            return Rows(self.names, self, len(places), places)
        if what not in self._columns:
            if what not in self.names:
                raise KeyError(what)
            self._columns[what] = self._source.at(what, self._places)
        return self._columns[what]

    def assign(self, **columns: Values | int) -> Rows:
        """Return the rows with these ``columns`` added or replaced; a number is for all rows."""
        whole = {name: self._whole(each) for name, each in columns.items()}
        names = dict.fromkeys((*self.names, *whole))
        return Rows(tuple(names), _Assigned(self, whole), self._count)

    def only(self, *names: str) -> Rows:
        """Return the rows with only these columns."""
        return Rows(names, self, self._count)

    def _whole(self, column: Values | int) -> Values:
        if isinstance(column, int):
            return _repeated(np.array([column]), self._count)
        if len(column) != self._count:
            raise ValueError(f"a column of {len(column)} for {self._count} rows")
        return np.asarray(column)

    def kept(self) -> Rows:
        """Return a copy of the rows, so that their source can be freed."""
        if not len(self):
            return Rows.of(dict.fromkeys(self.names, _NONE))
        return Rows.of({name: np.array(self[name]) for name in self.names})

    def joined(self, later: Rows) -> Rows:
        """Return both, ``later`` after these; they have the same columns."""
        if not len(self) or not len(later):
            return self if len(self) else later
        return Rows.of({name: np.concatenate([self[name], later[name]]) for name in self.names})

    def frame(self) -> pd.DataFrame:
        """Return the rows as a frame of pandas."""
        return pd.DataFrame({name: self[name] for name in self.names})

    def groups(self, *keys: str) -> Groups:
        """Return the rows grouped by ``keys``."""
        if keys not in self._groups:
            known = self.groups_of(keys, few=FEW * len(self) < self.whole)
            self._groups[keys] = known or grouped([self[key] for key in keys])
        return self._groups[keys]

    def at(self, name: str, places: Places | None) -> Values:
        """Return the column ``name`` at ``places``; None: all of it."""
        if places is None or name in self._columns:
            return self[name] if places is None else self[name].take(places)
        if self._places is not None:
            places = self._places.take(places)
        return self._source.at(name, places)

    def groups_of(self, keys: tuple[str, ...], *, few: bool) -> Groups | None:
        """Return the rows grouped by ``keys`` if that is known of them, or of their source."""
        if keys in self._groups:
            return self._groups[keys]
        found = self._source.groups_of(keys, few=few)
        if found is None or self._places is None:
            return found
        self._groups[keys] = found.at(self._places)
        return self._groups[keys]


_NONE: Final = np.zeros(0, np.int64)


def _repeated(number: Values, count: int) -> Values:
    """Return the one ``number`` of an array ``count`` times, without memory for each."""
    return np.ndarray(count, number.dtype, number, strides=(0,))


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
            return _repeated(column[:1], len(places))
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
