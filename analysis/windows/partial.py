"""A window's partial result, and how the results of windows combine.

A gatherer takes a window and returns its partial result. Partial results of consecutive stretches
combine, in any grouping, to that of the whole: what a window cannot know, since it began earlier or
continues later, stays open in its partial result until it is combined with the neighbour's. So one
function serves a window, a trace, and workers that each have some of the windows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol, Self, TypeVar

from analysis.windows.window import Window


class Partial(Protocol):
    """The result of a stretch of a trace."""

    def combine(self, later: Self, /) -> Self:
        """Return the result of both stretches, this one and ``later``, which follows it.

        (a + b) + c is a + (b + c); neither is changed.
        """


P = TypeVar("P", bound=Partial)
Gather = Callable[[Window], P]


def combined(partials: Iterable[P], nothing: P) -> P:
    """Return ``partials`` combined in order; ``nothing`` is the result of an empty trace."""
    result = nothing
    for each in partials:
        result = result.combine(each)
    return result
