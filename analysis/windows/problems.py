"""Problems in a stretch of a trace: how many, and the first of them as sentences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from heapq import merge
from itertools import islice
from typing import Any, Final, NamedTuple, Self

import numpy as np
import numpy.typing as npt

MOST_TOLD: Final = 50
"""How many sentences are kept for problems of one kind; the rest is only counted."""


class Problem(NamedTuple):
    """One problem: where it is (the place of a record in its spool), and a sentence."""

    place: int
    sentence: str


@dataclass(frozen=True)
class Problems:
    """``told``: the first by place; ``more`` are only counted. True if there are any."""

    told: tuple[Problem, ...] = ()
    more: int = 0

    @classmethod
    def of(cls, found: Iterable[Problem], count: int) -> Self:
        """Return the ``count`` problems ``found``, which come in order of their places.

        No more sentences are made than are kept.
        """
        told = tuple(islice(found, MOST_TOLD))
        return cls(told, count - len(told))

    @classmethod
    def plain(cls, sentences: Iterable[str]) -> Self:
        """Return problems that concern no record: they come before all others."""
        found = [Problem(-1, sentence) for sentence in sentences]
        return cls.of(found, len(found))

    def combine(self, other: Self, /) -> Self:
        """Return the problems of both."""
        both = merge(self.told, other.told, key=lambda problem: problem.place)
        return self.of(both, len(self) + len(other))

    @property
    def sentences(self) -> tuple[str, ...]:
        """The sentences that are kept."""
        return tuple(self)

    def __len__(self) -> int:
        return len(self.told) + self.more

    def __iter__(self) -> Iterator[str]:
        return (problem.sentence for problem in self.told)


NO_PROBLEMS: Final = Problems()


def in_order(places: npt.NDArray[Any]) -> Iterator[int]:
    """Yield the indices in ``places`` of those whose sentences are kept, smallest place first."""
    yield from np.argsort(places, kind="stable")[:MOST_TOLD].tolist()
