"""Problems in a stretch of a trace: how many, and the first of them as sentences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from heapq import merge
from itertools import islice
from typing import Any, Final, NamedTuple, Self

import numpy as np
import numpy.typing as npt

MOST_KEPT: Final = 50
"""How many sentences are kept for problems of one kind; the rest is only counted."""


class Problem(NamedTuple):
    """One problem: where it is (the place of a record in its spool), and a sentence."""

    place: int
    sentence: str


@dataclass(frozen=True)
class Problems:
    """``kept``: the first by place; ``more`` are only counted. True if there are any."""

    kept: tuple[Problem, ...] = ()
    more: int = 0

    @classmethod
    def of(cls, found: Iterable[Problem], count: int) -> Self:
        """Return the ``count`` problems ``found``, which come in order of their places.

        No more sentences are made than are kept.
        """
        kept = tuple(islice(found, MOST_KEPT))
        return cls(kept, count - len(kept))

    @classmethod
    def plain(cls, sentences: Iterable[str]) -> Self:
        """Return problems that concern no record: they come before all others."""
        found = [Problem(-1, sentence) for sentence in sentences]
        return cls.of(found, len(found))

    def combine(self, other: Self, /) -> Self:
        """Return the problems of both."""
        both = merge(self.kept, other.kept, key=lambda problem: problem.place)
        return self.of(both, len(self) + len(other))

    @property
    def sentences(self) -> tuple[str, ...]:
        """The sentences that are kept."""
        return tuple(self)

    def __len__(self) -> int:
        return len(self.kept) + self.more

    def __iter__(self) -> Iterator[str]:
        return (problem.sentence for problem in self.kept)


NO_PROBLEMS: Final = Problems()


def in_order(places: npt.NDArray[Any]) -> Iterator[int]:
    """Yield the indices in ``places`` of those whose sentences are kept, smallest place first."""
    yield from np.argsort(places, kind="stable")[:MOST_KEPT].tolist()
