"""Columns of calls and steps as arrays: numbers, and texts as indices into a list.

Unknown values are marked; the number in their place is arbitrary.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

Flags = npt.NDArray[np.bool_]
Places = npt.NDArray[np.intp]

NO_TEXT: Final = -1

SMALL: Final = 1 << 16
"""Numbers from 0 to this are looked up in a table, others are hashed."""


@dataclass(frozen=True, eq=False)
class Numbers:
    """A number, or True or False, per row; ``known``: which are known, None: all."""

    values: npt.NDArray[Any]
    known: Flags | None = None

    def take(self, rows: Places) -> Self:
        """Return the column of ``rows``."""
        known = None if self.known is None else self.known[rows]
        return type(self)(self.values[rows], known)


@dataclass(frozen=True, eq=False)
class Texts:
    """A text per row: its index in ``texts``; NO_TEXT: not known."""

    places: Places
    texts: tuple[str, ...]

    def take(self, rows: Places) -> Self:
        """Return the column of ``rows``."""
        return type(self)(self.places[rows], self.texts)


Values = Numbers | Texts
Columns = Mapping[str, Values]


def worded(numbers: npt.NDArray[Any], word: Callable[[int], str | None]) -> Texts:
    """Return ``word`` of each number; it is called once per distinct number."""
    places, there = _few(numbers) if _are_small(numbers) else pd.factorize(numbers)
    return spelled(places, [word(number) for number in there.tolist()])


def _are_small(numbers: npt.NDArray[Any]) -> bool:
    return bool(len(numbers) and numbers.min() >= 0 and numbers.max() < SMALL)


def _few(numbers: npt.NDArray[Any]) -> tuple[Places, npt.NDArray[Any]]:
    """Return the same as pd.factorize, in numerical order; all numbers must be below SMALL."""
    there = np.flatnonzero(np.bincount(numbers))
    place = np.zeros(int(there[-1]) + 1, np.intp)
    place[there] = np.arange(len(there))
    return place[numbers], there


def spelled(places: Places, words: list[str | None]) -> Texts:
    """Return the word at each of ``places``; words may repeat, or be None."""
    texts = tuple(dict.fromkeys(word for word in words if word is not None))
    place_of = {word: place for place, word in enumerate(texts)}
    by_place = np.array([NO_TEXT if word is None else place_of[word] for word in words], np.intp)
    return Texts(by_place[places], texts)


def numbered(*columns: npt.NDArray[Any]) -> Places:
    """Number the distinct rows of integer ``columns``, from 0 in order of appearance."""
    places, _ = pd.factorize(columns[0])
    for column in columns[1:]:
        more, there = pd.factorize(column)
        places, _ = pd.factorize(places.astype(np.int64) * max(1, len(there)) + more)
    return places


def one_of_each(places: Places) -> Places:
    """Return a row for each number of ``numbered``: its last."""
    rows = np.zeros(int(places.max()) + 1 if len(places) else 0, np.intp)
    rows[places] = np.arange(len(places))
    return rows
